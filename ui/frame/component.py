"""The one seam between Python and what a component of ours does in the browser.

The browser code of a component reports values under names; whoever visits can send anything in their place. So each
name is declared with a parser, and the page gets what the parser makes of a value: typed, or nothing. What comes in is
JSON: None, bool, int, float, str, list and dict.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeGuard, TypeVar

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

Value = TypeVar("Value")


@dataclass(frozen=True)
class Told(Generic[Value]):
    """One value that a component may report, for one place on a page."""

    name: str  # in the browser code: `setStateValue(name, …)`, which is kept, or `setTriggerValue(name, …)`
    parse: Callable[[object], Value | None]  # None: not a value that this component can send here, so it is ignored
    take: Callable[[Value], object] | None = None  # called with each new value before the page runs again
    first: object = None  # what stands for a kept value before the browser has sent one


@dataclass(frozen=True)
class Component:
    """HTML, CSS and JavaScript of our own, under a name that no other component has."""

    name: str
    html: str | None = None
    css: str | None = None
    js: str | None = None
    isolate_styles: bool = True

    def show(self, *, key: str, data: Any = None, told: Sequence[Told[Any]] = ()) -> None:
        """Mount it, or update the one of this key.

        Args:
            key: stable for its place on the page.
            data: what its browser code gets, of what JSON can say.
            told: what it may report.
        """
        self._mount(key, data, told)

    def read(self, told: Told[Value], *, key: str, data: Any = None) -> Value | None:
        """The same for a component that keeps one value: mount it and return what it says at present."""
        return told.parse(self._mount(key, data, [told]).get(told.name))

    def _mount(self, key: str, data: Any, told: Sequence[Told[Any]]) -> Any:
        first = {one.name: one.first for one in told if one.first is not None}
        changed: Any = {f"on_{one.name}_change": _taking(key, one) for one in told}
        return self._renderer(key=key, data=data, default=first or None, **changed)

    @cached_property
    def _renderer(self) -> ComponentRenderer:
        return st.components.v2.component(
            f"glassbox_{self.name}", html=self.html, css=self.css, js=self.js, isolate_styles=self.isolate_styles
        )


def _taking(key: str, told: Told[Any]) -> Callable[[], None]:
    def take() -> None:
        if told.take is None:
            return
        value = told.parse(st.session_state[key].get(told.name))
        if value is not None:
            told.take(value)

    return take


def is_whole(value: object, low: int, high: int) -> TypeGuard[int]:
    """Whether a value is a whole number from `low` to `high`; True and 1.0 are none."""
    return type(value) is int and low <= value <= high


def is_text(value: object, longest: int) -> TypeGuard[str]:
    """Whether a value is a text of at most so many characters, each of them whole: JSON can say halves of them."""
    if not isinstance(value, str) or len(value) > longest:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def are_numbers(value: object, most: int) -> TypeGuard[list[int | float]]:
    """Whether a value is a list of at most so many finite numbers."""
    return (
        isinstance(value, list | tuple)
        and len(value) <= most
        and all(type(number) in (int, float) and math.isfinite(number) for number in value)
    )
