"""Drawings from the canvas and as JSON, whatever is in them."""

import json
from typing import Any

import numpy as np
from hypothesis import strategies as st

from core.data.pictures import drawing
from core.data.pictures.pen_strokes import Strokes, strokes_from_canvas, strokes_from_json
from tests.fuzz.conftest import Explore
from tests.support.fuzz_examples import JSON_VALUES, answer, files

NUMBERS = st.one_of(st.integers(0, 280), st.floats(-50, 330), st.floats(), st.sampled_from((10**400, "1", None, [1])))
USUAL = st.one_of(st.integers(0, 280), st.floats(0, 280))


def prepared(strokes: Strokes | None) -> None:
    """What the page does with a drawing."""
    if strokes is None:
        return
    problem = answer(lambda: drawing.problem(strokes))
    assert problem is None or problem.message
    made = answer(lambda: drawing.prepare(strokes))
    assert made is not None
    assert made.image.shape == (28, 28)
    assert 0 <= made.image.min() <= made.image.max() <= 1
    if strokes.paths:
        assert np.isfinite(drawing.variants(strokes)).all()


@st.composite
def canvases(draw: st.DrawFn) -> Any:
    """The canvas's own form: usual objects, with some of their parts replaced by anything."""
    number = NUMBERS if draw(st.booleans()) else USUAL
    command = st.tuples(st.sampled_from("MLQCZA"), st.lists(number, max_size=6)).map(lambda c: [c[0], *c[1]])
    usual = st.one_of(
        st.tuples(st.just("M"), number, number),
        st.tuples(st.just("L"), number, number),
        st.tuples(st.just("Q"), number, number, number, number),
    ).map(list)
    places = dict.fromkeys(("left", "top", "width", "height", "scaleX", "scaleY", "angle"), number)
    places |= {
        name: st.sampled_from(("left", "center", "right", "top", "bottom", "x")) for name in ("originX", "originY")
    }
    objects = []
    for _ in range(draw(st.integers(0, 4))):
        one = {"type": draw(st.sampled_from(("path", "path", "Path", "rect"))), "strokeWidth": draw(number)}
        one["path"] = draw(st.lists(st.one_of(usual, usual, command), max_size=10))
        if draw(st.booleans()):
            one |= draw(st.fixed_dictionaries(places))
        if draw(st.integers(0, 9)) == 0:
            one[draw(st.sampled_from(sorted(one)))] = draw(JSON_VALUES)
        objects.append(one)
    return draw(st.sampled_from(({"objects": objects}, {"objects": objects, "version": "4"}, objects)))


def test_a_canvas_is_read_and_prepared_or_refused_in_a_sentence(explore: Explore) -> None:
    def check(data: Any) -> None:
        prepared(answer(lambda: strokes_from_canvas(data, (280, 280))))

    explore(st.one_of(canvases(), canvases(), canvases(), JSON_VALUES), check)


@st.composite
def texts(draw: st.DrawFn) -> str:
    number = NUMBERS if draw(st.booleans()) else USUAL
    document = {
        "strokes": draw(st.lists(st.lists(st.lists(number, min_size=2, max_size=2), max_size=8), max_size=6)),
        "size": draw(st.one_of(st.just([280, 280]), st.lists(number, min_size=2, max_size=2))),
        "stroke_width": draw(number),
    }
    if draw(st.integers(0, 4)) == 0:
        document[draw(st.sampled_from(sorted(document)))] = draw(JSON_VALUES)
    return json.dumps(document)


WHOLE = b'{"strokes": [[[10, 20], [200, 220.5]], [[50, 60]]], "size": [280, 280], "stroke_width": 20}'


def test_a_drawing_as_json_is_prepared_or_refused_in_a_sentence(explore: Explore) -> None:
    damaged = files([WHOLE], b"[" * 2000, b'{"strokes":' + b"[" * 300, b'{"size": [1, 1').map(
        lambda data: data.decode(errors="replace")
    )
    explore(st.one_of(texts(), texts(), damaged), lambda text: prepared(answer(lambda: strokes_from_json(text))))
