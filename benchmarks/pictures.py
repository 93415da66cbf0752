"""Pictures of digits on all kinds of paper, in all kinds of light and files, read as page Digits reads an upload.

    python -m benchmarks.pictures --out FOLDER [--seed 0] [--per-kind 20]

writes the set alone: `box/7-003.png` and so on; the digit begins the name.
"""

from __future__ import annotations

import argparse
import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from benchmarks.results import Figure, Findings, Options
from core.data.pictures import pen_digits, sources
from core.data.pictures.drawing import prepare
from core.data.pictures.ink import find_ink
from core.data.pictures.pen_strokes import render, resampled
from core.data.pictures.picture import read_picture
from core.demos.digits.reader import DigitReader, read_model

TITLE = "Pictures of digits"
METHOD = (
    "Share of pictures that the release model reads right, by kind of paper, light, ink and file, on the way of an "
    "upload: file, grey picture, ink, 28×28, answer. The digits are held-out ones of MNIST and of Pen-Digits that the "
    "model reads right when they are given to it as they are, so that what is lost is lost on the way. Papers, frames "
    "and light are drawn (`benchmarks/pictures.py`); they are no photos. A picture that is refused counts as wrong."
)
PER_KIND, REPEATS = 20, 1
Grey = npt.NDArray[np.float32]
Rng = np.random.Generator


@dataclass(frozen=True)
class Drawn:
    """One picture of the set."""

    kind: str
    digit: int
    content: bytes
    suffix: str


def field(shape: tuple[int, int], scale: float, rng: Rng) -> Grey:
    """Smooth noise from 0 to 1 whose spots are about `scale` pixels wide."""
    rows, columns = (max(2, round(side / scale) + 2) for side in shape)
    coarse = Image.fromarray(rng.random((rows, columns)).astype(np.float32))
    return np.clip(np.asarray(coarse.resize(shape[::-1], Image.Resampling.BICUBIC)), 0, 1)


def digit_masks(model: DigitReader, rng: Rng) -> Iterator[tuple[int, Callable[[int, float], Grey]]]:
    """Digits that the model reads right, each with what draws it so high, in so wide a pen: coverage from 0 to 1."""
    images, labels = sources.held_out_digits()
    points, digits = pen_digits.drawings()
    held_out = np.flatnonzero(np.arange(len(digits)) % 6 == 3)
    while True:
        if rng.random() < 0.5:
            index = int(rng.integers(len(images)))
            image, label = images[index].astype(np.float32) / 255, int(labels[index])
            if model.probabilities(image[None]).argmax() == label:
                yield label, lambda height, pen, image=image: _scanned(image, height)
        else:
            index = int(rng.choice(held_out))
            placed = pen_digits.placed(points[index], width=rng.uniform(0.5, 0.9), is_round=True)
            if model.probabilities(prepare(_written(placed, 200, 0.09)).image[None]).argmax() == digits[index]:
                yield (
                    int(digits[index]),
                    lambda height, pen, placed=placed: _written(placed, height, pen),
                )


def _scanned(image: Grey, height: int) -> Grey:
    """An MNIST image made large, with edges about as sharp as a pen's; its box is 20/28 of it."""
    side = round(height * 28 / 20)
    large = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))
    sharp = np.clip((ndimage.gaussian_filter(large, side / 120) - 0.45) * max(1.0, side / 28) + 0.5, 0, 1)
    rows, columns = (np.flatnonzero((sharp > 0.1).any(axis=axis)) for axis in (1, 0))
    return sharp[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)


def _written(placed: Grey, height: int, pen: float) -> Grey:
    """Pen strokes drawn anew; the pen is a share of the height."""
    wide = pen * height
    path = resampled((placed - placed.min(axis=0)) * (height - wide) + wide / 2, step=max(1.0, wide / 4))
    shape = (height, int(np.ceil(path[:, 0].max() + wide / 2)))
    return render([path], radius=wide / 2, shape=shape)


def on_page(mask: Grey, shape: tuple[int, int], rng: Rng) -> tuple[Grey, tuple[int, int, int, int]]:
    """A mask somewhere near the middle of a page, and its box: left, top, right, bottom."""
    height, width = mask.shape
    top = int((shape[0] - height) * rng.uniform(0.35, 0.65))
    left = int((shape[1] - width) * rng.uniform(0.35, 0.65))
    page = np.zeros(shape, np.float32)
    page[top : top + height, left : left + width] = mask
    return page, (left, top, left + width, top + height)


def noisy(page: Grey, rng: Rng, *, noise: float = 0.012, blur: float = 0.8) -> Grey:
    """As a camera sees it."""
    seen = ndimage.gaussian_filter(page, blur) + rng.normal(0, noise, page.shape)
    return np.clip(seen, 0, 1).astype(np.float32)


def saved(page: Grey, kind: str = "JPEG", **options: object) -> bytes:
    """A page as a file."""
    file = io.BytesIO()
    Image.fromarray(np.round(255 * page).astype(np.uint8)).save(file, kind, **options)
    return file.getvalue()


def outline(shape: tuple[int, int], draw: Callable[[ImageDraw.ImageDraw], None]) -> Grey:
    """Something drawn, as coverage."""
    image = Image.new("L", (shape[1] * 2, shape[0] * 2))
    draw(ImageDraw.Draw(image))
    return np.asarray(image.reduce(2), np.float32) / 255


class Sheet:
    """What a kind draws on: a page with a digit."""

    def __init__(
        self, draw: Callable[[int, float], Grey], rng: Rng, *, share: tuple[float, float] = (0.25, 0.55)
    ) -> None:
        self.rng = rng
        side = int(rng.integers(420, 900))
        self.shape = (side, int(side * rng.uniform(0.75, 1.33)))
        self.height = int(min(self.shape) * rng.uniform(*share))
        self.mask, self.box = on_page(draw(self.height, rng.uniform(0.05, 0.12)), self.shape, rng)

    def photo(self, ink: Grey, *, paper: float | Grey = 0.88, **camera: float) -> bytes:
        """Ink of the given darkness on paper, as JPEG."""
        return saved(noisy(paper * (1 - ink), self.rng, **camera), quality=int(self.rng.integers(70, 95)))

    def lines(self, step: float, *, across: bool, wide: int = 1) -> Grey:
        """Ruled lines, and lines across them."""
        start = int(self.rng.integers(0, max(1, int(step))))

        def draw(pen: ImageDraw.ImageDraw) -> None:
            for at in np.arange(start, self.shape[0], step):
                pen.line((0, 2 * at, 2 * self.shape[1], 2 * at), 255, 2 * wide)
            for at in np.arange(start, self.shape[1], step) if across else ():
                pen.line((2 * at, 0, 2 * at, 2 * self.shape[0]), 255, 2 * wide)

        return outline(self.shape, draw)


def _pen(sheet: Sheet) -> bytes:
    return sheet.photo(0.8 * sheet.mask)


def _pencil(sheet: Sheet) -> bytes:
    pressure = 0.35 + 0.65 * field(sheet.shape, sheet.height / 2.5, sheet.rng)
    return sheet.photo(sheet.rng.uniform(0.25, 0.5) * pressure * sheet.mask)


def _faint(sheet: Sheet) -> bytes:
    return sheet.photo(sheet.rng.uniform(0.1, 0.16) * sheet.mask, noise=0.008)


def _pressure(sheet: Sheet) -> bytes:
    """Dark where the pen came down, nearly gone on the way up."""
    rows = np.linspace(1, 0.22, sheet.shape[0], dtype=np.float32)[:, None] * np.ones(sheet.shape, np.float32)
    top, bottom = sheet.box[1], sheet.box[3]
    rows = np.clip(1 - 0.75 * (np.arange(sheet.shape[0])[:, None] - top) / (bottom - top), 0.25, 1).astype(np.float32)
    turned = rows if sheet.rng.random() < 0.5 else 1.25 - rows
    return sheet.photo(0.6 * turned * sheet.mask)


def _lined(sheet: Sheet) -> bytes:
    lines = sheet.lines(sheet.height / sheet.rng.uniform(1.0, 3.0), across=False)
    return sheet.photo(np.maximum(0.75 * sheet.mask, sheet.rng.uniform(0.15, 0.3) * lines))


def _graph(sheet: Sheet) -> bytes:
    lines = sheet.lines(sheet.height / sheet.rng.uniform(2.0, 6.0), across=True)
    return sheet.photo(np.maximum(0.75 * sheet.mask, sheet.rng.uniform(0.15, 0.25) * lines))


def _dark_graph(sheet: Sheet) -> bytes:
    lines = sheet.lines(sheet.height / sheet.rng.uniform(2.0, 6.0), across=True)
    return sheet.photo(np.maximum(0.85 * sheet.mask, sheet.rng.uniform(0.4, 0.6) * lines))


def _graph_on_black(sheet: Sheet) -> bytes:
    lines = sheet.lines(sheet.height / sheet.rng.uniform(2.0, 5.0), across=True)
    page = 0.12 + np.maximum(0.75 * sheet.mask, sheet.rng.uniform(0.1, 0.25) * lines)
    return saved(noisy(page, sheet.rng), quality=85)


def _chalk(sheet: Sheet) -> bytes:
    board = 0.1 + 0.12 * field(sheet.shape, 60, sheet.rng) + 0.03 * field(sheet.shape, 4, sheet.rng)
    grain = np.clip(0.45 + 1.1 * (field(sheet.shape, 3, sheet.rng) - 0.25), 0, 1)
    return saved(noisy(board + 0.65 * sheet.mask * grain, sheet.rng, blur=1.0), quality=85)


def _shadow(sheet: Sheet) -> bytes:
    v, u = np.mgrid[-1 : 1 : sheet.shape[0] * 1j, -1 : 1 : sheet.shape[1] * 1j]
    angle = sheet.rng.uniform(0, 2 * np.pi)
    edge = (u * np.cos(angle) + v * np.sin(angle) > sheet.rng.uniform(-0.2, 0.3)).astype(float)
    light = 1 - sheet.rng.uniform(0.3, 0.6) * ndimage.gaussian_filter(edge, sheet.rng.uniform(4, 20))
    return sheet.photo(0.7 * sheet.mask, paper=(0.9 * light).astype(np.float32))


def _lamp(sheet: Sheet) -> bytes:
    v, u = np.mgrid[-1 : 1 : sheet.shape[0] * 1j, -1 : 1 : sheet.shape[1] * 1j]
    at = sheet.rng.uniform(-1, 1, 2)
    light = 0.25 + 0.7 * np.exp(-((u - at[0]) ** 2 + (v - at[1]) ** 2) / 1.2)
    return sheet.photo(0.7 * sheet.mask, paper=light.astype(np.float32))


def _crumpled(sheet: Sheet) -> bytes:
    folds = 0.78 + 0.2 * field(sheet.shape, 90, sheet.rng) + 0.06 * field(sheet.shape, 14, sheet.rng)
    return sheet.photo(0.7 * sheet.mask, paper=folds)


def _framed(
    sheet: Sheet, draw: Callable[[ImageDraw.ImageDraw, list[float], int], None], room: tuple[float, float]
) -> bytes:
    left, top, right, bottom = sheet.box
    margin = sheet.height * sheet.rng.uniform(*room)
    wide = int(sheet.rng.integers(1, 4))
    half = max(right - left, bottom - top) / 2 + margin
    middle = ((left + right) / 2, (top + bottom) / 2)
    box = [2 * n for n in (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)]
    frame = outline(sheet.shape, lambda pen: draw(pen, box, 2 * wide))
    return sheet.photo(np.maximum(0.75 * sheet.mask, sheet.rng.uniform(0.5, 0.85) * frame))


def _box(sheet: Sheet) -> bytes:
    return _framed(sheet, lambda pen, box, wide: pen.rectangle(box, outline=255, width=wide), (0.08, 0.35))


def _circle(sheet: Sheet) -> bytes:
    return _framed(sheet, lambda pen, box, wide: pen.ellipse(box, outline=255, width=wide), (0.25, 0.5))


def _underline(sheet: Sheet) -> bytes:
    def draw(pen: ImageDraw.ImageDraw, box: list[float], wide: int) -> None:
        pen.line((box[0], box[3], box[2], box[3]), 255, wide)

    return _framed(sheet, draw, (0.03, 0.2))


def _row_of_boxes(sheet: Sheet) -> bytes:
    def draw(pen: ImageDraw.ImageDraw, box: list[float], wide: int) -> None:
        side = box[2] - box[0]
        for step in (-1, 0, 1):
            pen.rectangle((box[0] + step * side, box[1], box[2] + step * side, box[3]), outline=255, width=wide)

    return _framed(sheet, draw, (0.08, 0.25))


def _border(sheet: Sheet, side: int) -> bytes:
    rng = sheet.rng
    margin = max(3, side // 6)
    draw_height = side - 2 * margin
    mask = np.asarray(
        Image.fromarray(sheet.mask[sheet.box[1] : sheet.box[3], sheet.box[0] : sheet.box[2]]).resize(
            (max(3, round(draw_height * (sheet.box[2] - sheet.box[0]) / (sheet.box[3] - sheet.box[1]))), draw_height),
            Image.Resampling.BOX,
        )
    )
    page, _ = on_page(mask[:, : side - 2], (side, side), rng)
    wide, gap = max(1, side // 60), int(rng.integers(0, max(1, margin // 3)))
    frame = np.zeros_like(page)
    frame[gap : side - gap, gap : side - gap] = 1
    frame[gap + wide : side - gap - wide, gap + wide : side - gap - wide] = 0
    page = np.maximum(page, rng.uniform(0.5, 1) * frame)
    return saved(1 - page if rng.random() < 0.7 else page, "PNG")


def _small_border(sheet: Sheet) -> bytes:
    return _border(sheet, int(sheet.rng.integers(32, 65)))


def _middle_border(sheet: Sheet) -> bytes:
    return _border(sheet, int(sheet.rng.integers(90, 300)))


def _transparent(sheet: Sheet) -> bytes:
    shade = int(sheet.rng.choice([255, 255, 230, 0, 90]))
    drawn = np.full((*sheet.shape, 2), shade, np.uint8)
    drawn[..., 1] = np.round(255 * sheet.mask)
    file = io.BytesIO()
    Image.fromarray(drawn, "LA").convert("RGBA").save(file, "PNG")
    return file.getvalue()


def _dark_mode(sheet: Sheet) -> bytes:
    return saved(np.maximum(sheet.mask * 0.95, 0.07), "PNG")


def _scan(sheet: Sheet) -> bytes:
    """An A4 page at 100 dots an inch, black and white."""
    page = np.zeros((1169, 827), np.float32)
    left, top, right, bottom = sheet.box
    at = (
        sheet.rng.integers(60, (1169 - (bottom - top) - 60, 827 - (right - left) - 60))
        if bottom - top < 900
        else (0, 0)
    )
    page[at[0] : at[0] + bottom - top, at[1] : at[1] + right - left] = sheet.mask[top:bottom, left:right]
    dots = (sheet.rng.random(page.shape) < 0.0003) | (page > 0.5)
    file = io.BytesIO()
    Image.fromarray(~dots).save(file, "TIFF", compression="group4")
    return file.getvalue()


def _coarse(sheet: Sheet) -> bytes:
    return saved(noisy(0.85 * (1 - 0.7 * sheet.mask), sheet.rng), quality=12)


def _table(sheet: Sheet) -> bytes:
    """A page that lies turned on a dark table."""
    page = Image.fromarray(np.round(255 * (0.9 * (1 - 0.75 * sheet.mask))).astype(np.uint8))
    wide = Image.new("L", (round(sheet.shape[1] * 1.25), round(sheet.shape[0] * 1.25)), 70)
    turned = page.rotate(float(sheet.rng.uniform(-6, 6)), expand=True, fillcolor=70, resample=Image.Resampling.BICUBIC)
    wide.paste(turned, ((wide.width - turned.width) // 2, (wide.height - turned.height) // 2))
    return saved(noisy(np.asarray(wide, np.float32) / 255, sheet.rng), quality=85)


def _tiny(sheet: Sheet) -> bytes:
    side = int(sheet.rng.integers(24, 60))
    square = np.zeros((max(sheet.shape),) * 2, np.float32)
    square[: sheet.shape[0], : sheet.shape[1]] = sheet.mask
    left, top, right, bottom = sheet.box
    half = int(0.7 * max(right - left, bottom - top))
    x, y = (left + right) // 2, (top + bottom) // 2
    cut = np.pad(square, half)[y : y + 2 * half, x : x + 2 * half]
    small = np.asarray(Image.fromarray(cut).resize((side, side), Image.Resampling.BOX))
    return saved(
        np.clip(0.85 - sheet.rng.uniform(0.2, 0.7) * small + sheet.rng.normal(0, 0.01, small.shape), 0, 1), "PNG"
    )


def _blurred(sheet: Sheet) -> bytes:
    return sheet.photo(0.75 * sheet.mask, blur=sheet.height / 40)


def _telephone(sheet: Sheet) -> bytes:
    page = noisy(0.8 * (1 - 0.7 * sheet.mask), sheet.rng)
    scale = 2016 / max(sheet.shape)
    large = Image.fromarray(np.round(255 * page).astype(np.uint8))
    file = io.BytesIO()
    large.resize((round(2 * scale * sheet.shape[1]), round(2 * scale * sheet.shape[0]))).save(file, "JPEG", quality=80)
    return file.getvalue()


KINDS: dict[str, tuple[Callable[[Sheet], bytes], str]] = {
    "pen on paper": (_pen, "jpg"),
    "pencil": (_pencil, "jpg"),
    "faint": (_faint, "jpg"),
    "fading": (_pressure, "jpg"),
    "lined paper": (_lined, "jpg"),
    "graph paper": (_graph, "jpg"),
    "dark graph paper": (_dark_graph, "jpg"),
    "graph paper, white on black": (_graph_on_black, "jpg"),
    "chalk": (_chalk, "jpg"),
    "shadow": (_shadow, "jpg"),
    "lamp": (_lamp, "jpg"),
    "crumpled": (_crumpled, "jpg"),
    "in a box": (_box, "jpg"),
    "in a circle": (_circle, "jpg"),
    "underlined": (_underline, "jpg"),
    "in a row of boxes": (_row_of_boxes, "jpg"),
    "small, framed": (_small_border, "png"),
    "framed": (_middle_border, "png"),
    "transparent": (_transparent, "png"),
    "dark mode": (_dark_mode, "png"),
    "scan": (_scan, "tiff"),
    "coarse JPEG": (_coarse, "jpg"),
    "on a table": (_table, "jpg"),
    "tiny": (_tiny, "png"),
    "blurred": (_blurred, "jpg"),
    "telephone": (_telephone, "jpg"),
}


def pictures(model: DigitReader, *, seed: int, per_kind: int = PER_KIND) -> Iterator[Drawn]:
    """The set: so many of each kind. The same seed and model give the same set."""
    rng = np.random.default_rng(seed)
    digits = digit_masks(model, rng)
    for kind, (make, suffix) in KINDS.items():
        for _ in range(per_kind):
            digit, draw = next(digits)
            yield Drawn(kind, digit, make(Sheet(draw, rng)), suffix)


def answer(model: DigitReader, content: bytes) -> str:
    """What the model says of a file, or what stands in its way."""
    reading = model.read(find_ink(read_picture(content, name="a")))
    if reading.probabilities is None:
        assert reading.problem is not None
        return reading.problem.code
    return str(int(np.argmax(reading.probabilities)))


def measure(options: Options) -> Findings:
    """Accuracy in all and of each kind."""
    model = read_model()
    seeds = range(options.repeats or REPEATS)
    right: dict[str, list[bool]] = defaultdict(list)
    shares = []
    for seed in seeds:
        answers = [(one.kind, answer(model, one.content) == str(one.digit)) for one in pictures(model, seed=seed)]
        for kind, is_right in answers:
            right[kind].append(is_right)
        shares.append(100 * sum(is_right for _, is_right in answers) / len(answers))
    size = PER_KIND * len(KINDS)
    kinds = ", ".join(f"{kind} {100 * np.mean(each):.0f}" for kind, each in right.items())
    return Findings(
        [Figure(f"Right, all kinds ({size} pictures a seed)", shares, "%", "at least 97 %", 1)],
        list(seeds),
        [f"Right of each kind, in %: {kinds}."],
    )


def main() -> None:
    """Write the set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--per-kind", type=int, default=PER_KIND)
    options = parser.parse_args()
    for number, one in enumerate(pictures(read_model(), seed=options.seed, per_kind=options.per_kind)):
        folder = options.out / one.kind.replace(" ", "-").replace(",", "")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{one.digit}-{number:03}.{one.suffix}").write_bytes(one.content)


if __name__ == "__main__":
    main()
