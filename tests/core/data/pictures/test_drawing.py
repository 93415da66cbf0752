"""Drawings become MNIST's 28×28: reading strokes, rendering, preparing, and what is wrong with a drawing."""

import json

import numpy as np
import pytest
from PIL import ImageDraw

from core.data.pictures import drawing, pen_strokes
from core.data.pictures.drawing import PEN, Switches, pen_width, prepare, problem, variants
from core.data.pictures.pen_strokes import Strokes, canvas_image, render, strokes_from_canvas, strokes_from_json
from core.data.pictures.strokes import sample, styles
from core.errors import InvalidInputError
from tests.support.work import counted_calls


def drawn(*paths, size=(280, 280), pen=20.0):
    return Strokes(tuple(tuple((float(x), float(y)) for x, y in path) for path in paths), size, pen)


def fabric(path, **more):
    return {"objects": [{"type": "path", "strokeWidth": 20, "path": path, **more}]}


def extent(image):
    ink = image > 0.02
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1


SEVEN = drawn([(60, 60), (200, 60), (110, 230)])


def test_a_canvas_path_keeps_its_absolute_coordinates_and_its_curve():
    path = [["M", 50, 60], ["Q", 50, 160, 150, 160], ["L", 150, 200]]
    strokes = strokes_from_canvas(fabric(path), (280, 280))
    assert strokes.paths[0][0] == (50, 60)
    assert strokes.paths[0][-1] == (150, 200)
    assert (75.0, 135.0) in strokes.paths[0]  # the middle of the quadratic curve: (p + 2 q + r) / 4
    assert strokes.stroke_width == 20


@pytest.mark.parametrize(
    "place",
    [
        {"originX": "center", "originY": "center", "left": 100, "top": 130},
        {"originX": "left", "originY": "top", "left": 40, "top": 50},  # fabric counts the pen: 50 - 20 / 2, 60 - 20 / 2
    ],
)
def test_a_path_that_was_not_moved_is_where_it_was_drawn(place):
    path = [["M", 50, 60], ["L", 150, 200]]
    strokes = strokes_from_canvas(fabric(path, width=100, height=140, **place), (280, 280))
    np.testing.assert_allclose(strokes.paths[0], [(50, 60), (150, 200)])


def test_a_path_that_was_moved_scaled_and_turned_is_read_where_it_is_now():
    path = [["M", 0, 0], ["L", 100, 0]]
    place = {"originX": "center", "originY": "center", "left": 140, "top": 140, "scaleX": 2, "angle": 90}
    strokes = strokes_from_canvas(fabric(path, width=100, height=0, **place), (280, 280))
    np.testing.assert_allclose(strokes.paths[0], [(140, 40), (140, 240)], atol=1e-9)


@pytest.mark.parametrize(
    ("changed", "seen"),
    [
        ({"flipX": True}, [(180, 100), (100, 180)]),
        ({"flipY": True}, [(100, 180), (180, 100)]),
        ({"flipX": True, "angle": 90}, [(180, 180), (100, 100)]),
        ({"skewX": 45}, [(60, 100), (220, 180)]),
        ({"skewY": 45, "scaleX": 2}, [(60, 60), (220, 220)]),
        ({"skewX": 45, "skewY": 45}, [(20, 60), (260, 220)]),
        ({"skewX": 45, "scaleY": 0.5, "flipX": True}, [(220, 120), (60, 160)]),
    ],
    ids=str,
)
def test_a_path_that_was_mirrored_and_slanted_is_read_as_fabric_shows_it(changed, seen):
    """Looked at in Chromium, too: what fabric 7.4 draws and what is read differ in the edges of the pen alone."""
    path = [["M", 0, 0], ["L", 80, 80]]
    place = {"originX": "center", "originY": "center", "left": 140, "top": 140, "width": 80, "height": 80}
    strokes = strokes_from_canvas(fabric(path, **place, **changed), (280, 280))
    np.testing.assert_allclose(strokes.paths[0], seen, atol=1e-9)


@pytest.mark.parametrize(
    ("changed", "pen"),
    [({"scaleX": 2, "scaleY": 2}, 40), ({"scaleX": 0.5, "scaleY": 2}, 20), ({"scaleX": 2, "strokeUniform": True}, 20)],
    ids=str,
)
def test_the_pen_is_scaled_with_its_path(changed, pen):
    assert strokes_from_canvas(fabric([["M", 1, 1], ["L", 9, 9]], **changed), (280, 280)).stroke_width == pen


def test_a_curve_lies_where_fabric_puts_the_middle_of_its_own_box():
    """Fabric takes a quadratic curve for a cubic one with its middle corner twice, so its box reaches to 70, not 80."""
    path = [["M", 100, 90], ["Q", 150, 60, 170, 110], ["L", 110, 190]]
    place = {"originX": "center", "originY": "center", "left": 140, "top": (69.7 + 190) / 2, "width": 70, "height": 120}
    strokes = strokes_from_canvas(fabric(path, **place), (280, 280))
    np.testing.assert_allclose(strokes.paths[0][-1], (115, 190), atol=0.5)


def test_a_drawing_on_a_large_canvas_is_made_smaller():
    large = [["M", 1000, 1000], ["L", 2000, 3000]]
    strokes = strokes_from_canvas(fabric(large, strokeWidth=80), (4096, 2048))
    assert strokes == Strokes((((250.0, 250.0), (500.0, 750.0)),), (1024, 512), 20.0)


@pytest.mark.parametrize("nothing", [None, {}, {"objects": []}, {"objects": [{"type": "rect", "strokeWidth": 1}]}])
def test_an_untouched_canvas_is_an_empty_drawing(nothing):
    assert strokes_from_canvas(nothing, (280, 280)).paths == ()


@pytest.mark.parametrize(
    "garbage",
    [
        {"objects": [5]},
        fabric([["M", "x", 1]]),
        fabric([["M", float("nan"), 1]]),
        [1],
        fabric([["M", 10**400, 1]]),
        fabric([["M", 1, 1]], strokeWidth=10**400),
        fabric([["M", 1, 1]], left=10**400, top=1, width=1, height=1),
        fabric([["M", 1, 1]], left=1, top=1, width=10**30, height=1),
        fabric([["M", 1, 1]], left=1, top=1, width=1e308, height=1, scaleX=1e308),
        fabric([["M", 1, 1], ["C", *[1.0] * 3000]]),
        fabric([["M", [[[1]]], 1]]),
        fabric([["L", 1, 1]] * 20_001),
        {"objects": fabric([["M", 1, 1]])["objects"] * 501},
    ],
    ids=range(13),
)
def test_canvas_data_that_is_not_a_drawing_is_refused(garbage):
    with pytest.raises(InvalidInputError):
        strokes_from_canvas(garbage, (280, 280))


def test_strokes_are_read_from_json():
    text = json.dumps({"strokes": [[[1, 2], [3, 4.5]]], "size": [100, 200], "stroke_width": 8})
    assert strokes_from_json(text) == Strokes((((1.0, 2.0), (3.0, 4.5)),), (100, 200), 8.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"size": [100]}, "JSON"),
        ({"size": [0, 100]}, "1 to 16384"),
        ({"size": [1e9, 100]}, "1 to 16384"),
        ({"stroke_width": 0}, "wider than 0"),
        ({"stroke_width": "x"}, "JSON"),
        ({"strokes": 5}, "JSON"),
        ({"strokes": [[1, 2]]}, r"\[x, y\]"),
        ({"strokes": [[]]}, r"\[x, y\]"),
        ({"strokes": [[[1, float("nan")]]]}, "not a number"),
        ({"strokes": [[[1, 1e9]]]}, "not a number"),
        ({"strokes": [[[1, 1]]] * 501}, "at most 500 strokes"),
        ({"strokes": [[[1, 1]] * 20_001]}, "20,000 points"),
    ],
)
def test_json_that_is_not_a_drawing_is_refused_with_what_is_allowed(change, words):
    good = {"strokes": [[[1, 2]]], "size": [100, 100], "stroke_width": 8}
    with pytest.raises(InvalidInputError, match=words):
        strokes_from_json(json.dumps(good | change))


@pytest.mark.parametrize("text", ["", "[", "[]", "null", "3", "[" * 100_000])
def test_text_that_is_not_json_of_a_drawing_is_refused(text):
    with pytest.raises(InvalidInputError, match="JSON"):
        strokes_from_json(text)


@pytest.mark.parametrize("size", ["[1e999, 1]", f"[{10**400}, 1]", "[NaN, 1]", f"[1, {10**300}]", "[[[1]], 1]"])
def test_a_size_that_no_canvas_has_is_refused_in_few_words(size):
    with pytest.raises(InvalidInputError) as refused:
        strokes_from_json(f'{{"strokes": [], "size": {size}, "stroke_width": 1}}')
    assert len(str(refused.value)) < 300


def test_the_thinnest_pen_is_drawn():
    strokes = strokes_from_json('{"strokes": [[[10, 10], [200, 200]]], "size": [280, 280], "stroke_width": 5e-300}')
    assert prepare(strokes).image.max() > 0.5


def test_a_line_has_the_area_of_its_pen():
    line = np.array([[5, 14], [23, 14]], np.float32)
    area = render([line], radius=1.5, shape=(28, 28)).sum()
    assert area == pytest.approx(18 * 3 + np.pi * 1.5**2, rel=0.02)  # a rectangle and two half discs


def test_rendering_agrees_with_a_supersampled_drawing():
    side = 28 * 8
    line = np.array([[4.3, 5.1], [14, 22.7], [23.2, 8.4]], np.float32)
    large = canvas_image(drawn(line * 8, size=(side, side), pen=24))
    averaged = large.reshape(28, 8, 28, 8).mean(axis=(1, 3))
    assert np.abs(render([line], radius=1.5, shape=(28, 28)) - averaged).max() < 0.15


@pytest.mark.parametrize("source", [SEVEN, canvas_image(SEVEN)], ids=["strokes", "pixels"])
def test_a_prepared_digit_fills_the_box_and_balances_in_the_middle(source):
    prepared = prepare(source)
    assert [step.name for step in prepared.steps] == ["drawing", "crop", "fit", "center", "width"]
    image = prepared.image
    assert image.shape == (28, 28) and image.dtype == np.float32
    assert image.min() >= 0 and image.max() <= 1
    assert max(extent(image)) == 20
    for axis in (0, 1):
        assert image.sum(axis=axis) @ np.arange(28) / image.sum() == pytest.approx(14, abs=0.51)


def test_place_size_and_pen_do_not_matter():
    small = drawn(*[[(x * 0.4 + 10, y * 0.4 + 150) for x, y in path] for path in SEVEN.paths], pen=30)
    np.testing.assert_allclose(prepare(small).image, prepare(SEVEN).image, atol=0.02)


@pytest.mark.parametrize("pen", [1.8, 2.5, 3.5])
@pytest.mark.parametrize("source", [SEVEN, canvas_image(SEVEN)], ids=["strokes", "pixels"])
def test_variants_have_the_pens_that_were_asked_for(source, pen):
    (image,) = variants(source, widths=(pen,))
    assert pen_width(image) == pytest.approx(pen, abs=0.3)
    assert max(extent(image)) == 20


def test_an_mnist_like_image_passes_unchanged():
    image = np.round(prepare(SEVEN).image * 255).astype(np.float32) / 255
    np.testing.assert_array_equal(prepare(image).image, image)


def test_a_picture_with_an_extreme_pen_gets_a_usual_one():
    bold = canvas_image(drawn(*SEVEN.paths, pen=60))
    assert pen_width(prepare(bold, switches=Switches(width=False)).image) > 4
    assert pen_width(prepare(bold).image) == pytest.approx(PEN, abs=0.4)


@pytest.mark.parametrize("source", [SEVEN, canvas_image(SEVEN)], ids=["strokes", "pixels"])
@pytest.mark.parametrize("name", ["crop", "fit", "center"])
def test_each_switch_changes_the_answer(source, name):
    prepared = prepare(source, switches=Switches(**{name: False}))
    assert np.abs(prepared.image - prepare(source).image).max() > 0.3
    step = next(s for s in prepared.steps if s.name == name)
    assert step.explanation.startswith("Off")


def test_the_width_switch_leaves_the_pen_as_it_was_drawn():
    fine = drawn(*SEVEN.paths, pen=6)
    assert pen_width(prepare(fine, switches=Switches(width=False)).image) < 1.5
    assert pen_width(prepare(fine).image) == pytest.approx(PEN, abs=0.3)


@pytest.mark.parametrize("switches", [Switches(), Switches(fit=False), Switches(False, False, False, False)])
@pytest.mark.parametrize("source", [drawn(), np.zeros((50, 40), np.float32)], ids=["strokes", "pixels"])
def test_nothing_drawn_prepares_to_nothing(source, switches):
    assert not prepare(source, switches=switches).image.any()
    assert not variants(source).any()


def test_preparing_costs_little_enough_for_every_stroke():
    for digit in range(10):
        strokes = sample(digit, rng=np.random.default_rng(digit))
        with counted_calls() as calls:
            prepare(strokes)
        assert calls.number < 3_500  # 1,400 to 2,500: most set the pen down on the canvas


def test_a_scribble_costs_no_more_for_being_very_long():
    points = np.random.default_rng(0).uniform(0, 280, (20_000, 2))
    long, longest = drawn(points[:2_000]), drawn(points)
    with counted_calls() as calls:
        prepare(long)
    with counted_calls() as most:
        prepare(longest)
    assert most.number < 1.1 * calls.number


def code(source):
    found = problem(source)
    return found and found.code


@pytest.mark.parametrize("source", [drawn(), np.zeros((28, 28), np.float32)], ids=["strokes", "pixels"])
def test_a_blank_canvas_invites(source):
    found = problem(source)
    assert found is not None and found.code == "blank" and found.blocking
    assert found.message == "Draw a digit from 0 to 9."


@pytest.mark.parametrize("pen", [2.0, 20.0, 280.0])
def test_the_longest_drawing_that_is_allowed_has_bounded_work(pen, monkeypatch):
    pens, segments = [], []
    ellipse, render = ImageDraw.ImageDraw.ellipse, pen_strokes.render

    def counted_ellipse(draw, box, **options):
        pens.append((box[2] - box[0]) * (box[3] - box[1]))
        ellipse(draw, box, **options)

    def counted_render(paths, **options):
        segments.append(sum(map(len, paths)))
        return render(paths, **options)

    monkeypatch.setattr(ImageDraw.ImageDraw, "ellipse", counted_ellipse)
    monkeypatch.setattr(drawing, "render", counted_render)
    paths = np.random.default_rng(0).uniform(0, 280, (500, 40, 2)).tolist()
    strokes = strokes_from_json(json.dumps({"strokes": paths, "size": [280, 280], "stroke_width": pen}))
    with counted_calls() as calls:
        for use in (prepare, variants, problem):
            use(strokes)
    # When every stroke was drawn at the step of a short one, it was 20 times as much.
    assert len(pens) < 1.25 * pen_strokes.MAX_DRAWN
    assert sum(pens) < 4 * pen_strokes.MAX_PEN_PIXELS  # the canvas is drawn at twice its size
    assert len(segments) == 4 and max(segments) < 1.25 * pen_strokes.MAX_DRAWN
    assert calls.number < 400_000  # about 270,000, most for each of 500 strokes


@pytest.mark.parametrize("dot", [drawn([(140, 140)]), drawn([(140, 140), (148, 144)])])
def test_a_dot_is_no_digit(dot):
    assert code(dot) == code(canvas_image(dot)) == "dot"
    assert problem(dot).blocking


def test_a_stroke_over_the_border_warns_but_does_not_block():
    cut = drawn([(60, 60), (200, 60), (110, 290)])
    assert code(cut) == code(canvas_image(cut)) == "cut"
    assert not problem(cut).blocking
    assert code(SEVEN) is code(canvas_image(SEVEN)) is None


def beside(left, right, gap):
    """Two digits scaled to half, `gap` canvas pixels of white between them."""
    halves, end = [], 10.0
    for strokes in (left, right):
        points = [np.array(p) * 0.45 for p in strokes.paths]
        everything = np.concatenate(points)
        shift = np.array(
            [end + 5 - everything[:, 0].min(), 140 - (everything[:, 1].min() + everything[:, 1].max()) / 2]
        )
        halves += [p + shift for p in points]
        end = everything[:, 0].max() + shift[0] + 5 + gap
    return drawn(*halves, pen=10)


@pytest.mark.parametrize("pair", ["10", "11", "42", "57", "70", "38"])
def test_two_digits_side_by_side_are_said_so(pair):
    rng = np.random.default_rng(1)
    both = beside(*(sample(int(d), rng=rng) for d in pair), gap=25)
    assert code(both) == code(canvas_image(both)) == "two_digits"
    assert problem(both).blocking


@pytest.mark.parametrize("lean", [-60, 60])
def test_two_slanted_digits_whose_columns_overlap_are_two(lean):
    both = drawn([(90 + lean / 2, 60), (90 - lean / 2, 200)], [(150 + lean / 2, 60), (150 - lean / 2, 200)], pen=10)
    assert code(both) == code(canvas_image(both)) == "two_digits"


@pytest.mark.parametrize(("digit", "style"), [(d, s) for d in range(10) for s in styles(d)])
def test_one_digit_in_any_usual_way_is_no_problem(digit, style):
    rng = np.random.default_rng(2)
    for _ in range(4):
        strokes = sample(digit, rng=rng, style=style)
        assert code(strokes) is None
        assert code(canvas_image(strokes)) is None
        assert code(prepare(strokes).image) is None


def test_strokes_of_one_digit_that_do_not_touch_are_one_digit():
    five = drawn([(110, 90), (105, 140), (150, 130), (170, 180), (100, 220)], [(140, 60), (220, 55)], pen=10)
    four = drawn([(90, 60), (80, 150), (150, 150)], [(175, 70), (170, 230)], pen=10)
    assert code(five) is code(four) is None
