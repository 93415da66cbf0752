"""The seam to the browser: each component gives what it may report as typed values, and anything else as nothing."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import streamlit as st

from core.data.points import MAX_POINTS
from ui.demos.sentiment.text_box import LONGEST, parse_typed
from ui.frame.component import Component, Told, are_numbers, is_text, is_whole
from ui.lessons.playground import MAX_STEP, MAX_WEIGHTS, parse_checked, parse_position
from ui.widgets.brush import parse_points

ANYTHING = [None, True, 0, -1, 1.5, float("nan"), "", "x", [], [[]], [None], {}, {"id": 1}, {"id": "a"}, [1, 2, 3]]
PARSERS: dict[str, Callable[[object], object]] = {
    "typed": lambda value: parse_typed(value, version=1),
    "position": parse_position,
    "checked": parse_checked,
}


class Renderer:
    """Stands for Streamlit's: keeps how it was called, and says what a browser would have sent."""

    def __init__(self, sent: dict[str, Any]) -> None:
        self.sent = sent
        self.given: dict[str, Any] = {}

    def __call__(self, **given: Any) -> dict[str, Any]:
        self.given = given
        return self.sent


def number(value: object) -> int | None:
    return value if is_whole(value, 0, 9) else None


@pytest.fixture
def renderer(monkeypatch: pytest.MonkeyPatch) -> Renderer:
    made = Renderer({"digit": 7})
    monkeypatch.setattr(st.components.v2, "component", lambda name, **parts: made)
    monkeypatch.setattr(st, "session_state", {"here": made.sent})
    return made


def test_a_new_value_is_taken_once_it_is_one_that_the_component_can_send(renderer: Renderer) -> None:
    taken: list[int] = []
    Component("digits").show(key="here", data={"of": 9}, told=[Told("digit", number, taken.append)])
    assert (renderer.given["key"], renderer.given["data"], renderer.given["default"]) == ("here", {"of": 9}, None)
    for sent in (7, 10, "7", None, 3):
        renderer.sent["digit"] = sent
        renderer.given["on_digit_change"]()
    assert taken == [7, 3]


def test_a_kept_value_is_what_its_parser_makes_of_it(renderer: Renderer) -> None:
    told = Told("digit", number, first=2)
    assert Component("digits").read(told, key="here") == 7
    assert renderer.given["default"] == {"digit": 2}
    renderer.sent["digit"] = True
    assert Component("digits").read(told, key="here") is None


@pytest.mark.parametrize("value", [True, 1.0, "1", None, -1, 10, [1]])
def test_whole_numbers_are_neither_truths_nor_texts(value: object) -> None:
    assert not is_whole(value, 0, 9)


def test_texts_and_lists_have_an_end() -> None:
    assert is_text("abc", 3)
    assert not is_text("abcd", 3)
    assert not is_text(b"a", 3)
    assert not is_text("\ud83d", 3)
    assert are_numbers([1, 2.5], 2)
    for wrong in ([1, 2, 3], [float("inf")], [True], ["1"], "12", {1: 2}):
        assert not are_numbers(wrong, 2)


@pytest.mark.parametrize("value", ANYTHING, ids=repr)
@pytest.mark.parametrize("parser", PARSERS)
def test_what_no_component_sends_is_nothing(parser: str, value: object) -> None:
    assert PARSERS[parser](value) is None


def test_what_the_text_box_sends() -> None:
    assert parse_typed({"version": 1, "text": "a"}, version=1) == "a"
    assert parse_typed({"version": 1, "text": "good \ud83d film"}, version=1) == "good \ufffd film"
    assert parse_typed({"version": 0, "text": "a"}, version=1) is None
    assert parse_typed({"version": 1, "text": "a" * (LONGEST + 1)}, version=1) is None


def test_what_the_brush_sends() -> None:
    painted = parse_points([[0.5, -1, 1], [2, 0, 0]])
    assert painted is not None
    assert painted.tolist() == [[0.5, -1, 1], [2, 0, 0]]
    empty = parse_points([])
    assert empty is not None and empty.shape == (0, 3)
    wrong = [None, "x", [1, 2, 3], [[1, 2]], [[1, 2, "3"]], [[1, 2, float("nan")]], [[0, 0, 0]] * (MAX_POINTS + 1)]
    assert all(parse_points(value) is None for value in wrong)


def test_what_the_playground_sends() -> None:
    position = parse_position({"id": "a.1", "step": 5, "rates": "0.1"})
    assert position is not None
    assert position == ("a.1", 5, "0.1")
    for changed in ({"step": MAX_STEP + 1}, {"step": 5.0}, {"rates": "fast"}, {"rates": 0.1}, {"id": "a" * 1000}):
        assert parse_position({"id": "a.1", "step": 5, "rates": "0.1", **changed}) is None
    checked = parse_checked({"id": "a.1", "values": [1, 2.5, None]})  # what is not finite is null in JSON
    assert checked is not None
    np.testing.assert_array_equal(checked.values, [1, 2.5, np.nan])
    for values in (["1"], [[1]], [True], [0] * (MAX_WEIGHTS + 1), 5):
        assert parse_checked({"id": "a.1", "values": values}) is None
