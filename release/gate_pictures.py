"""Pictures that are no digits, and digits from elsewhere than MNIST, as page Digits prepares them: for `release.gate`.

What is named "kept" here is of sources that training never sees: other fonts, other noise, other scribbles, other
photos. All of it is found in the folder "gate" of the data folder, where `release/gate_sources.sh` lays it.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from core import settings
from core.data.pictures import drawing, strokes
from core.data.pictures.ink import find_ink
from core.data.pictures.pen_strokes import Strokes, render
from release.letter_strokes import LETTERS, SHAPES

Grey = npt.NDArray[np.float32]
Points = npt.NDArray[np.float32]
Ink = Grey | Strokes | None  # what a person gives; None: nothing was left of it
Rng = np.random.Generator

AMBIGUOUS = "olizsbqgOLIZSBQG"  # letters that may be digits
LETTER_CLASSES = "".join(sorted(c for c in "abcdefghijklmnopqrstuvwxyz" if c not in AMBIGUOUS))
SIGNS = '#%&*+=?@<>~^"€£¥©®÷±ÆæßÞþÐœŒ'
CYRILLIC = "АБВГДЖИЙКЛМНПРТУФХЦШЩЪЫЬЮЯавгджийклмнптфхцшщыэюя"
GREEK = "ΑΓΔΕΗΚΛΜΝΞΠΡΣΤΥΧΨΩαγηκλμνπτυχψω"
DIGITS = "0123456789"
KEPT_FONTS = (  # of `latin`; those in the folder "kept" are kept as well
    *("caveat-brush", "cedarville-cursive", "chilanka", "comic-relief", "covered-by-your-grace", "dekko", "gochi-hand"),
    *("homemade-apple", "indie-flower", "kalam", "la-belle-aurore", "mali", "nanum-pen-script", "over-the-rainbow"),
    *("patrick-hand", "playwrite-pl", "reenie-beanie", "roboto", "short-stack", "the-girl-next-door", "zeyada"),
)
KEPT_STROKE_FONTS = ("EMSAllure", "EMSReadabilityItalic", "HersheySans1", "HersheyScriptMed", "HersheySerifMedItalic")
KEPT_PHOTOS = ("chelsea", "coffee", "rocket", "horse", "coins")
# Characters of the Japanese scripts that look like digits.
LIKE_DIGITS = set(
    "ちぅるろらうっつくしりのひいこんとてそフワクノロコヌスマアレーユヮ一丨丿乙口己〇ミヲュリルヘへりンソ九万六又了刀力"
)


def folder() -> Path:
    """Where the sources lie."""
    return settings.data_folder() / "gate"


def as_seen(given: Ink) -> npt.NDArray[np.uint8] | None:
    """The network's input (28, 28) uint8 of what a person gives; None where nothing is answered."""
    if given is None or (not isinstance(given, Strokes) and not given.any()):
        return None
    problem = drawing.problem(given)
    if problem is not None and problem.blocking:
        return None
    return np.round(drawing.prepare(given).image * 255).astype(np.uint8)


def on_paper(ink: Grey, rng: Rng) -> Ink:
    """Ink as a camera sees it on paper, and as it is found there again."""
    height, width = (int(side * rng.uniform(1.3, 2.2)) for side in ink.shape)
    page = np.zeros((height, width), np.float32)
    top, left = rng.integers(0, height - ink.shape[0] + 1), rng.integers(0, width - ink.shape[1] + 1)
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    light = rng.uniform(0.5, 1) * (1 - rng.uniform(0, 0.35) * (x if rng.random() < 0.5 else y))
    seen = light * (1 - rng.uniform(0.45, 0.95) * page)
    seen = ndimage.gaussian_filter(seen, rng.uniform(0.2, 1.2)) + rng.normal(0, rng.uniform(0.002, 0.03), seen.shape)
    return find_ink(np.clip(seen, 0, 1).astype(np.float32))


def bent(ink: Grey, rng: Rng) -> Grey:
    """A picture turned, slanted and stretched a little."""
    turn, shear = rng.normal(0, 0.1), rng.normal(0, 0.15)
    wide = np.exp(rng.normal(0, 0.18))
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.array([[1, 0], [shear, wide]])
    padded = np.pad(ink, max(ink.shape) // 2)
    centre = np.array(padded.shape) / 2
    turned = ndimage.affine_transform(padded, matrix, offset=centre - matrix @ centre, order=1)
    return np.clip(turned, 0, 1).astype(np.float32)


# Fonts with outlines


def outline_fonts(script: str, *, kept: bool) -> list[Path]:
    """Files of fonts that have a script."""
    files = sorted((folder() / script).iterdir())
    if script == "emoji":
        return files
    return [file for file in files if (file.stem in KEPT_FONTS) == kept]


def glyph(font: ImageFont.FreeTypeFont, character: str) -> Grey | None:
    """The ink of a character; None where the font has none."""
    ink, empty = (_set(font, one) for one in (character, "\uffff"))
    return None if ink is None or np.array_equal(ink, empty) else ink


@cache
def _set(font: ImageFont.FreeTypeFont, character: str) -> Grey | None:
    image = Image.new("L", (200, 200))
    ImageDraw.Draw(image).text((60, 50), character, font=font, fill=255)
    box = image.getbbox()
    return None if box is None else np.asarray(image.crop(box), dtype=np.float32) / np.float32(255)


def font_pictures(
    files: list[Path], characters: str, rng: Rng, *, each: int, papers: float = 0.25
) -> Iterator[tuple[str, Ink]]:
    """Characters with their pictures, a share of them as photos."""
    for file in files:
        font = ImageFont.truetype(str(file), 64)
        for character in characters:
            ink = glyph(font, character)
            if ink is None or min(ink.shape) < 2 or max(ink.shape) < 12:
                continue
            for _ in range(each):
                shown = bent(ink, rng)
                yield character, on_paper(shown, rng) if rng.random() < papers else shown


# Fonts and characters of single strokes


def path_points(commands: str) -> list[Points]:
    """Strokes (N, 2) of an SVG path of the commands M, L, C, S, absolute or relative."""
    tokens = re.findall(r"[A-Za-z]|-?\d*\.?\d+(?:[eE][-+]?\d+)?", commands)
    found: list[list[tuple[float, float]]] = []
    at, last, command, i = np.zeros(2), np.zeros(2), "M", 0
    while i < len(tokens):
        if tokens[i].isalpha():
            command, i = tokens[i], i + 1
        if command in "zZ":
            continue
        count = {"M": 2, "L": 2, "C": 6, "S": 4, "H": 1, "V": 1}[command.upper()]
        numbers = np.array([float(token) for token in tokens[i : i + count]])
        i += count
        start = at if command.islower() else np.zeros(2)
        if count == 1:
            axis = 0 if command in "hH" else 1
            target = at.copy()
            target[axis] = numbers[0] + start[axis]
            corners = target[None]
        else:
            corners = numbers.reshape(-1, 2) + start
        if command in "Mm":
            found.append([tuple(corners[0])])
            command = "L" if command == "M" else "l"
        elif count < 4:
            found[-1].append(tuple(corners[0]))
        else:
            first = 2 * at - last if command in "sS" else corners[0]
            second, end = corners[-2], corners[-1]
            for t in np.linspace(0.125, 1, 8):
                u = 1 - t
                found[-1].append(tuple(u**3 * at + 3 * u * u * t * first + 3 * u * t * t * second + t**3 * end))
        last = corners[-2] if count >= 4 else corners[-1]
        at = corners[-1]
    return [np.array(stroke, np.float32) for stroke in found if len(stroke) > 1]


def stroke_glyphs(*, kept: bool) -> Iterator[tuple[str, list[Points]]]:
    """Characters of the stroke fonts, y downwards."""
    for file in sorted((folder() / "strokes").glob("*.svg")):
        if (file.stem in KEPT_STROKE_FONTS) != kept:
            continue
        for element in ElementTree.parse(file).iter():
            if element.tag.endswith("glyph") and len(element.get("unicode", "")) == 1 and element.get("d"):
                yield (
                    element.get("unicode", ""),
                    [p * np.array([1, -1], np.float32) for p in path_points(element.get("d", ""))],
                )


def japanese_glyphs(characters: Callable[[int], bool]) -> Iterator[tuple[str, list[Points]]]:
    """Characters of KanjiVG, which a person wrote."""
    for file in sorted((folder() / "kanji").glob("*.svg")):
        code = int(file.stem, 16)
        if characters(code):
            paths = re.findall(r'<path[^>]* d="([^"]+)"', file.read_text(encoding="utf-8"))
            yield chr(code), [stroke for path in paths for stroke in path_points(path)]


def handwritten(glyph_strokes: list[Points], rng: Rng) -> Ink:
    """Strokes as a hand draws them on the canvas: bent, stretched, shaking, at some size and with some pen."""
    points = np.concatenate(glyph_strokes)
    low, extent = points.min(axis=0), max(float(np.ptp(points, axis=0).max()), 1e-6)
    style = tuple(tuple((float(x), float(y), 1.0) for x, y in (stroke - low) / extent) for stroke in glyph_strokes)
    vary = strokes.Variation(jitter=0.006 if len(points) > 12 else 0.02, warp=0.06, tremor=0.006)
    return drawn(strokes.written(style, rng, vary, step=0.03), rng)


def drawn(paths: list[Points], rng: Rng) -> Strokes:
    """Paths on a canvas."""
    points = np.concatenate(paths)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    pen = float(rng.uniform(10, 28))
    scale = rng.uniform(0.4, 0.9) * (strokes.CANVAS - pen) / max(float(extent.max()), 1e-6)
    offset = pen / 2 + (strokes.CANVAS - pen - extent * scale) * rng.random(2) - low * scale
    placed = tuple(tuple((float(x), float(y)) for x, y in path * scale + offset) for path in paths)
    return Strokes(placed, (strokes.CANVAS, strokes.CANVAS), pen)


def of_style(style: strokes.Style, rng: Rng) -> npt.NDArray[np.uint8]:
    """A written style, as the canvas gives it or as MNIST would show it."""
    paths = strokes.written(style, rng, strokes.Variation(), step=0.035)
    if rng.random() < 0.5:
        return np.round(strokes.inked(paths, rng) * 255).astype(np.uint8)
    seen = as_seen(drawn(paths, rng))
    return np.round(strokes.inked(paths, rng) * 255).astype(np.uint8) if seen is None else seen


def styles() -> Iterator[tuple[str, strokes.Style]]:
    """Letters with their ways of writing, and small drawings under the name "shape"."""
    for letter, ways in LETTERS.items():
        for way in ways:
            yield letter, way
    for shape in SHAPES.values():
        yield "shape", shape


# Noise and scribbles


def _size(rng: Rng) -> tuple[int, int]:
    side = int(rng.choice([28, 28, 28, 40, 64, 100, 160]))
    return side, side


def _blobs(rng: Rng) -> Grey:
    smooth = ndimage.gaussian_filter(rng.normal(0, 1, _size(rng)), rng.uniform(0.6, 3))
    smooth = (smooth - smooth.min()) / max(float(np.ptp(smooth)), 1e-6)
    return smooth if rng.random() < 0.5 else (smooth > rng.uniform(0.4, 0.7)).astype(float)


def _rectangles(rng: Rng) -> Grey:
    image = np.zeros(_size(rng))
    side = len(image)
    for _ in range(rng.integers(4, 12)):
        (a, b), (c, d) = np.sort(rng.integers(0, side + 1, 2)), np.sort(rng.integers(0, side + 1, 2))
        image[a:b, c:d] = rng.random()
    return image


def _lines(rng: Rng) -> Grey:
    side = _size(rng)[0]
    paths = [(rng.random((2, 2)) * side).astype(np.float32) for _ in range(rng.integers(5, 14))]
    return render(paths, radius=float(rng.uniform(0.4, 1.2) * side / 28), shape=(side, side))


def _dots(rng: Rng) -> Grey:
    side = _size(rng)[0]
    paths = [(rng.random((1, 2)) * side).astype(np.float32) for _ in range(rng.integers(6, 40))]
    return render(paths, radius=float(rng.uniform(0.5, 1.6) * side / 28), shape=(side, side))


def _stripes(rng: Rng) -> Grey:
    rows, columns = np.indices(_size(rng))
    period = rng.uniform(2, 10) * len(rows) / 28
    phase = (rows * np.cos(a := rng.uniform(0, np.pi)) + columns * np.sin(a)) / period
    return 0.5 + 0.5 * np.sin(2 * np.pi * phase) if rng.random() < 0.5 else (phase % 1 < 0.5).astype(float)


def _tiles(rng: Rng) -> Grey:
    small = rng.random((rng.integers(3, 9), rng.integers(3, 9)))
    return np.kron(small, np.ones((rng.integers(4, 9),) * 2))


NOISE: tuple[Callable[[Rng], Grey], ...] = (
    lambda rng: rng.random(_size(rng)),
    lambda rng: np.clip(rng.normal(0.5, rng.uniform(0.1, 0.4), _size(rng)), 0, 1),
    lambda rng: (rng.random(_size(rng)) < rng.uniform(0.03, 0.6)).astype(float),
    lambda rng: np.clip(rng.exponential(rng.uniform(0.1, 0.3), _size(rng)), 0, 1),
    *(_blobs, _rectangles, _lines, _dots, _stripes, _tiles),
)


def _octaves(rng: Rng) -> Grey:
    side = int(rng.choice([28, 28, 50, 120, 280]))
    total = np.zeros((side, side))
    for octave in range(4):
        coarse = rng.random((2 + 2**octave,) * 2)
        total += (
            ndimage.zoom(coarse, side / len(coarse), order=1, grid_mode=True, mode="nearest")[:side, :side] / 2**octave
        )
    return (total - total.min()) / np.ptp(total)


def _speckles(rng: Rng) -> Grey:
    side = int(rng.choice([28, 28, 50, 120, 280]))
    return np.clip(1 + rng.normal(0, 0.5, (side, side)) * (rng.random((side, side)) < 0.3), 0, 1)


def _plaid(rng: Rng) -> Grey:
    side = int(rng.choice([28, 28, 50, 120, 280]))
    x, y = (np.sin(np.linspace(0, rng.uniform(8, 40), side) + rng.uniform(0, 6)) for _ in range(2))
    return 0.5 + 0.25 * (x[None] + y[:, None]) * rng.uniform(0.5, 1)


def _polygons(rng: Rng) -> Grey:
    side = int(rng.choice([28, 28, 50, 120, 280]))
    image = Image.new("L", (side, side))
    for _ in range(rng.integers(3, 7)):
        corners = [tuple(corner) for corner in (rng.random((3, 2)) * side).tolist()]
        ImageDraw.Draw(image).polygon(corners, fill=int(rng.integers(0, 256)))
    return np.asarray(image) / 255


KEPT_NOISE: tuple[Callable[[Rng], Grey], ...] = (
    _octaves,
    _speckles,
    _plaid,
    _polygons,
    lambda rng: rng.random((28, 28)),
    lambda rng: rng.integers(0, 2, (28, 28)).astype(float),
    lambda rng: rng.random((280, 280)),
)


def noise(kinds: tuple[Callable[[Rng], Grey], ...], rng: Rng, num: int) -> Iterator[Grey]:
    """Noise of all kinds in turn, (H, W) in [0, 1]."""
    for i in range(num):
        yield kinds[i % len(kinds)](rng).astype(np.float32)


def scribble(rng: Rng) -> Ink:
    """A long smooth path, one with corners, or several."""
    kind = rng.integers(3)
    paths = []
    for _ in range(1 if kind < 2 else rng.integers(3, 7)):
        num = rng.integers(8, 30) if kind < 2 else rng.integers(3, 8)
        controls = (
            np.clip(np.cumsum(rng.normal(0, 0.35, (num, 2)), axis=0), -2, 2)
            if rng.random() < 0.5
            else rng.random((num, 2))
        )
        controls = controls / max(float(np.ptp(controls, axis=0).max()), 1e-6)
        paths.append(tuple((float(x), float(y), float(kind == 1)) for x, y in controls))
    return drawn(strokes.written(tuple(paths), rng, strokes.Variation(), step=0.02), rng)


def kept_scribble(rng: Rng) -> Ink:
    """A Lissajous figure of many turns, a random walk, a filled zigzag, or curls along a line."""
    t = np.linspace(0, 1, 400)
    match rng.integers(4):
        case 0:
            a, b = rng.choice([3, 4, 5, 7], 2, replace=False)
            path = np.stack([np.sin(2 * np.pi * a * t + rng.uniform(0, 3)), np.sin(2 * np.pi * b * t)], axis=1)
        case 1:
            path = np.cumsum(ndimage.gaussian_filter1d(rng.normal(0, 1, (400, 2)), rng.uniform(4, 12), axis=0), axis=0)
        case 2:
            turns = rng.integers(6, 14)
            path = np.stack(
                [np.abs((turns * t) % 2 - 1) + 0.05 * rng.normal(size=400).cumsum() / 10, t * rng.uniform(0.4, 1.2)],
                axis=1,
            )
        case _:
            turns = rng.integers(4, 9)
            path = np.stack(
                [t * rng.uniform(1, 2) + 0.2 * np.cos(2 * np.pi * turns * t), 0.3 * np.sin(2 * np.pi * turns * t)],
                axis=1,
            )
    return drawn([path.astype(np.float32)], rng)


# Photos


def photos(*, kept: bool) -> list[Grey]:
    """Grey photos, (H, W) in [0, 1]."""
    files = [file for file in sorted((folder() / "photos").iterdir()) if file.suffix in (".png", ".jpg")]
    chosen = [file for file in files if (file.stem in KEPT_PHOTOS) == kept]
    return [np.asarray(Image.open(file).convert("L"), dtype=np.float32) / np.float32(255) for file in chosen]


def crops(chosen: list[Grey], rng: Rng, num: int) -> Iterator[Grey]:
    """Square parts of photos, from 28 to 200 pixels large."""
    for i in range(num):
        whole = chosen[i % len(chosen)]
        side = int(rng.integers(28, min(whole.shape) + 1))
        top, left = (int(rng.integers(0, length - side + 1)) for length in whole.shape)
        size = int(rng.choice([28, 28, 64, 120, 200]))
        part = Image.fromarray(whole[top : top + side, left : left + side]).resize((size, size), Image.Resampling.BOX)
        yield np.asarray(part, dtype=np.float32)


def faces() -> npt.NDArray[np.float32]:
    """100 faces (100, 25, 25) in [0, 1], of Labelled Faces in the Wild."""
    found: npt.NDArray[np.float32] = np.load(folder() / "photos" / "lfw_subset.npy")[:100].astype(np.float32)
    return found
