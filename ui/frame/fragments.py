"""Parts of a page that are drawn again alone: Streamlit's fragments, each in a container of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, overload

import streamlit as st
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from ui.frame import address
from ui.frame.errors import shown_errors

Draw = TypeVar("Draw", bound=Callable[..., Any])


@overload
def fragment(draw: Draw, *, run_every: float | None = None) -> Draw: ...
@overload
def fragment(*, run_every: float | None = None) -> Callable[[Draw], Draw]: ...


def fragment(draw: Any = None, *, run_every: float | None = None) -> Any:
    """`st.fragment` in a container of its own that shows errors for people, as a decorator with or without arguments.

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
        with shown_errors():
            return draw(*arguments, **named)

    alone = st.fragment(caught_up, run_every=run_every)

    @functools.wraps(draw)
    def placed(*arguments: Any, **named: Any) -> Any:
        with st.container():
            return alone(*arguments, **named)

    return placed


def keep_ends() -> None:
    """Let the browser hear that a fragment's run ended, also where another fragment's begins at once.

    What a fragment no longer draws is removed by the browser when it hears of the end of the run. Streamlit 1.67 tells
    an end that has not been sent yet as one that was cut short as soon as another fragment begins
    (`forward_msg_queue._update_script_finished_message`), so a tick of the badge left the old part of a page among the
    new one. Where the beginning of that other fragment takes nothing out of the queue, the end is what it was.
    """
    plain = ForwardMsgQueue.clear
    if getattr(plain, "keeps_ends", False):
        return

    def clear(
        queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
    ) -> None:
        before = [(msg, msg.script_finished) for msg in queue._queue]
        plain(queue, retain_lifecycle_msgs, fragment_ids_this_run)
        if fragment_ids_this_run is None or len(queue._queue) < len(before):
            return
        for msg, status in before:
            if msg.WhichOneof("type") == "script_finished":
                msg.script_finished = status

    clear.keeps_ends = True  # type: ignore[attr-defined]
    ForwardMsgQueue.clear = clear  # type: ignore[method-assign, assignment]
