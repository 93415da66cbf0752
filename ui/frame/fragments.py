"""Parts of a page that are drawn again alone: Streamlit's fragments, each in a container of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, overload

import streamlit as st

from ui.frame import address

Draw = TypeVar("Draw", bound=Callable[..., Any])


@overload
def fragment(draw: Draw, *, run_every: float | None = None) -> Draw: ...
@overload
def fragment(*, run_every: float | None = None) -> Callable[[Draw], Draw]: ...


def fragment(draw: Any = None, *, run_every: float | None = None) -> Any:
    """`st.fragment` in a container of its own, as a decorator with or without arguments.

    When a fragment runs again before what the whole page last sent has left the server, Streamlit drops what that
    fragment had sent (`ForwardMsgQueue.clear`), and the browser, told that the page is complete, moves what follows it
    up by one. On a busy machine an update then meets the wrong element and the whole page goes blank. The container
    belongs to the page, so it is never dropped, and nothing moves.
    """
    if draw is None:
        return functools.partial(fragment, run_every=run_every)

    @functools.wraps(draw)
    def caught_up(*arguments: Any, **named: Any) -> Any:
        address.catch_up()
        return draw(*arguments, **named)

    alone = st.fragment(caught_up, run_every=run_every)

    @functools.wraps(draw)
    def placed(*arguments: Any, **named: Any) -> Any:
        with st.container():
            return alone(*arguments, **named)

    return placed
