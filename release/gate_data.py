"""Groups of pictures for `release.gate`: what it learns from, what chooses the threshold, what it is measured on.

Each is made once and kept in the folder "gate/made" of the data folder. How single pictures are made is in
`release/gate_pictures.py`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks import handwriting
from core.data.pictures import pen_digits, sources, strokes
from core.data.pictures.ink import find_ink
from release import gate_pictures as made
from release.digits import on_canvas, pen_drawings
from release.gate_pictures import DIGITS, LETTER_CLASSES, Ink, Rng

LETTERS = LETTER_CLASSES + LETTER_CLASSES.upper()
KINDS = ("sign", "script", "shape", "clothes", "noise", "scribble", "picture", "pair")
CLASSES = (*DIGITS, *LETTER_CLASSES, *KINDS)
NUM_VALIDATION = 5000  # MNIST training images that only choose the threshold

Images = npt.NDArray[np.uint8]
Labelled = Iterable[tuple[str, Ink | Images]]  # a class, and what a person gives or a picture that is prepared already


def seen(found: Labelled) -> Iterator[tuple[str, Images | None]]:
    """Classes with what the network gets; None where page Digits answers nothing."""
    for name, given in found:
        is_ready = isinstance(given, np.ndarray) and given.dtype == np.uint8
        yield name, given if is_ready else made.as_seen(given)


def mnist() -> tuple[Images, Images, Images, Images]:
    """MNIST training images but for the held-out ones, and their labels: to learn from, and for the threshold."""
    found = sources.load_images("mnist")
    images = np.concatenate([found.train_images, found.validation_images])
    labels = np.concatenate([found.train_labels, found.validation_labels])
    held = {picture.tobytes() for picture in sources.held_out_digits()[0]}
    free = np.array([picture.tobytes() not in held for picture in images])
    images, labels = images[free], labels[free]
    return images[:-NUM_VALIDATION], labels[:-NUM_VALIDATION], images[-NUM_VALIDATION:], labels[-NUM_VALIDATION:]


def _inks(images: Images) -> Iterator[Ink]:
    """Small pictures as somebody brings them."""
    for image in images:
        yield find_ink(image.astype(np.float32) / 255)


def _named(labels: Images, found: Iterable[Ink | Images]) -> Labelled:
    return zip((str(label) for label in labels), found, strict=True)


def _all(name: str, found: Iterable[Ink | Images]) -> Labelled:
    return ((name, one) for one in found)


def _letters(found: Iterable[tuple[str, Ink]]) -> Labelled:
    return ((character.lower(), ink) for character, ink in found)


def _pairs(rng: Rng, num: int) -> Iterator[Ink]:
    """Two digits that touch."""
    images = mnist()[0]
    for _ in range(num):
        left, right = images[rng.integers(len(images), size=2)].astype(np.float32) / 255
        left, right = (part[:, part.any(axis=0)] for part in (left, right))
        overlap = int(rng.integers(1, 5))
        both = np.zeros((28, left.shape[1] + right.shape[1] - overlap), np.float32)
        both[:, : left.shape[1]] = left
        both[:, left.shape[1] - overlap :] = np.maximum(both[:, left.shape[1] - overlap :], right)
        yield both


def _papers(images: Images, rng: Rng) -> Iterator[Ink]:
    """Digits enlarged, on paper, as a camera sees them."""
    for image in images:
        yield made.on_paper(np.kron(image.astype(np.float32) / 255, np.ones((4, 4), np.float32)), rng)


def _cells(inks: Iterable[tuple[str, Ink | Images]]) -> Labelled:
    """Pictures as the keyboard gives them: cells of 14×14 that are ink or not, each 8 pixels large."""
    for name, ink in inks:
        assert isinstance(ink, np.ndarray)
        grey = ink.astype(np.float32) / (255 if ink.dtype == np.uint8 else 1)
        scale = 12 / max(grey.shape)
        size = tuple(max(1, round(side * scale)) for side in grey.shape[::-1])
        small = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))
        yield name, np.kron(np.pad(small > 0.35, 2), np.ones((8, 8), np.float32)).astype(np.float32)


def _cropped(images: Images) -> Iterator[Images]:
    for image in images:
        ink = image > 20
        yield image[np.ix_(ink.any(axis=1), ink.any(axis=0))]


def _coarse(rng: Rng, num: int) -> Labelled:
    """Digits of few straight lines."""
    for i in range(num):
        yield str(i % 10), strokes.sample(i % 10, rng=rng, variation=strokes.Variation(coarse=1.0))


def _hands(
    found: Iterable[tuple[str, list[made.Points]]], characters: str, rng: Rng, each: int
) -> Iterator[tuple[str, Ink]]:
    for character, glyph in found:
        if character in characters:
            for _ in range(each):
                yield character, made.handwritten(glyph, rng)


def _script(rng: Rng) -> Iterator[Ink]:
    fonts = made.font_pictures
    for script, characters in (("cyrillic", made.CYRILLIC), ("greek", made.GREEK)):
        yield from (ink for _, ink in fonts(made.outline_fonts(script, kept=False), characters, rng, each=1))
    kana = (
        glyph for c, glyph in made.japanese_glyphs(lambda code: 0x3040 < code < 0x3100) if c not in made.LIKE_DIGITS
    )
    kanji = (
        glyph
        for c, glyph in made.japanese_glyphs(lambda code: code % 9 == 0 and code > 0x4E00)
        if c not in made.LIKE_DIGITS
    )
    yield from (made.handwritten(glyph, rng) for glyph in kana for _ in range(3))
    yield from (made.handwritten(glyph, rng) for glyph in kanji)


def _emoji(rng: Rng) -> Iterator[Ink]:
    characters = "".join(chr(code) for code in range(0x1F300, 0x1F650) if not 0x1F550 <= code < 0x1F570)
    found = made.font_pictures(made.outline_fonts("emoji", kept=False), characters, rng, each=1)
    yield from (ink for _, ink in found)


def _clothes(part: str, num: int) -> Images:
    images: Images = getattr(sources.load_images("fashion"), f"{part}_images")[:num]
    return images


def _styles(rng: Rng, each: int) -> Labelled:
    for name, style in made.styles():
        for _ in range(each):
            yield name.lower() if len(name) == 1 else name, made.of_style(style, rng)


def _pen(rng: Rng) -> Labelled:
    points, digits, kept = pen_drawings()
    learned, labels = points[~kept], digits[~kept]
    for seed in (5, 6):
        yield from _named(labels, pen_digits.images_of(learned, seed=seed))
    yield from _named(labels, on_canvas(learned))


def _generator(rng: Rng) -> Labelled:
    images, labels = strokes.render_many(14_000, seed=11)
    yield from _named(labels, images)
    for i in range(5000):
        yield str(i % 10), strokes.sample(i % 10, rng=rng)


# What is learned from: groups of "digits", "letters" and other kinds, each with pictures of its own.
LEARNED: dict[str, tuple[str, Callable[[Rng], Labelled]]] = {
    "mnist-raw": ("digits", lambda rng: _named(mnist()[1], mnist()[0])),
    "mnist-seen": ("digits", lambda rng: _named(mnist()[1][:6000], _inks(mnist()[0][:6000]))),
    "mnist-paper": ("digits", lambda rng: _named(mnist()[1][6000:9000], _papers(mnist()[0][6000:9000], rng))),
    "generator": ("digits", _generator),
    "pen": ("digits", _pen),
    "font-digits": (
        "digits",
        lambda rng: made.font_pictures(made.outline_fonts("latin", kept=False), DIGITS, rng, each=3),
    ),
    "stroke-font-digits": ("digits", lambda rng: _hands(made.stroke_glyphs(kept=False), DIGITS, rng, 15)),
    "cells-digits": ("digits", lambda rng: _cells(_named(mnist()[1][9000:13_000], _cropped(mnist()[0][9000:13_000])))),
    "coarse": ("digits", lambda rng: _coarse(rng, 3000)),
    "cells-letters": (
        "letters",
        lambda rng: _cells(
            _letters(made.font_pictures(made.outline_fonts("latin", kept=False)[::3], LETTERS, rng, each=1, papers=0.0))
        ),
    ),
    "font-letters": (
        "letters",
        lambda rng: _letters(made.font_pictures(made.outline_fonts("latin", kept=False), LETTERS, rng, each=2)),
    ),
    "stroke-font-letters": ("letters", lambda rng: _letters(_hands(made.stroke_glyphs(kept=False), LETTERS, rng, 6))),
    "letters-and-shapes": ("letters", lambda rng: _styles(rng, 150)),
    "signs": (
        "others",
        lambda rng: _all(
            "sign",
            (ink for _, ink in made.font_pictures(made.outline_fonts("latin", kept=False), made.SIGNS, rng, each=1)),
        ),
    ),
    "scripts": ("others", lambda rng: _all("script", _script(rng))),
    "emoji": ("others", lambda rng: _all("shape", _emoji(rng))),
    "clothes-raw": ("others", lambda rng: _all("clothes", _clothes("train", 20_000))),
    "clothes-seen": ("others", lambda rng: _all("clothes", _inks(_clothes("train", 28_000)[20_000:]))),
    "noise": (
        "others",
        lambda rng: _all("noise", (find_ink(one) for one in made.noise(made.NOISE, rng, 7000))),
    ),
    "noise-raw": ("others", lambda rng: _all("noise", _raw(made.noise(made.NOISE, rng, 7000)))),
    "scribbles": ("others", lambda rng: _all("scribble", (made.scribble(rng) for _ in range(6000)))),
    "photos": (
        "others",
        lambda rng: _all("picture", (find_ink(one) for one in made.crops(made.photos(kept=False), rng, 5000))),
    ),
    "photos-raw": ("others", lambda rng: _all("picture", _raw(made.crops(made.photos(kept=False), rng, 5000)))),
    "pairs": ("others", lambda rng: _all("pair", _pairs(rng, 3000))),
}


def _raw(found: Iterable[made.Grey]) -> Iterator[Images]:
    """Those of 28×28 as they are, some of them turned round: ink and paper."""
    for i, image in enumerate(found):
        if image.shape == (28, 28):
            yield np.round((image if i % 2 else 1 - image) * 255).astype(np.uint8)


def _kept_pen(half: int) -> Labelled:
    points, digits, kept = pen_drawings()
    return _named(digits[kept][half::2], on_canvas(points[kept][half::2]))


def _ways(rng: Rng, each: int) -> Labelled:
    for digit, ways in handwriting.WAYS.items():
        for way in ways:
            for _ in range(each):
                yield str(digit), handwriting.write(digit, way, rng=rng)


def _kept_fonts(characters: str, rng: Rng, each: int) -> Iterator[tuple[str, Ink]]:
    files = [*made.outline_fonts("latin", kept=True), *made.outline_fonts("kept", kept=False)]
    return made.font_pictures(files, characters, rng, each=each)


def _kept_strokes(characters: str, rng: Rng, each: int) -> Iterator[tuple[str, Ink]]:
    yield from _hands(made.stroke_glyphs(kept=True), characters, rng, each)
    yield from _hands(made.japanese_glyphs(lambda code: code < 128), characters, rng, 3 * each)


def _test_digits(rng: Rng) -> Labelled:
    found = sources.load_images("mnist")
    return _named(found.test_labels, found.test_images)


# Digits that choose the threshold; then what it is measured on, with the sentence's end.
CHOOSING: dict[str, Callable[[Rng], Labelled]] = {
    "threshold-mnist": lambda rng: _named(mnist()[3], mnist()[2]),
    "threshold-pen": lambda rng: _kept_pen(0),
    "threshold-generator": lambda rng: ((str(i % 10), strokes.sample(i % 10, rng=rng)) for i in range(2000)),
}
KEPT_DIGITS: dict[str, tuple[str, Callable[[Rng], Labelled]]] = {
    "mnist-test": ("MNIST test images", _test_digits),
    "mnist-held-out": ("held-out MNIST digits", lambda rng: _named(*reversed(sources.held_out_digits()))),
    "pen-kept": ("kept drawings of Pen-Digits, as the canvas gives them", lambda rng: _kept_pen(1)),
    "ways": ("drawings in ways of writing that training has not seen", lambda rng: _ways(rng, 25)),
    "cells": (
        "MNIST test digits, set cell by cell as with the keyboard",
        lambda rng: _cells(
            _named(
                sources.load_images("mnist").test_labels[:1000],
                _cropped(sources.load_images("mnist").test_images[:1000]),
            )
        ),
    ),
    "paper": (
        "MNIST test digits on paper, as a camera sees them",
        lambda rng: _named(
            sources.load_images("mnist").test_labels[:1000],
            _papers(sources.load_images("mnist").test_images[:1000], rng),
        ),
    ),
    "kept-font-digits": ("digits of kept fonts", lambda rng: _kept_fonts(DIGITS, rng, 3)),
    "kept-stroke-digits": ("digits of kept stroke fonts, drawn", lambda rng: _kept_strokes(DIGITS, rng, 15)),
}
KEPT_OTHERS: dict[str, tuple[str, Callable[[Rng], Labelled]]] = {
    "kept-font-letters": ("letters of kept fonts, most of them handwriting", lambda rng: _kept_fonts(LETTERS, rng, 2)),
    "kept-stroke-letters": ("letters of kept stroke fonts, drawn", lambda rng: _kept_strokes(LETTERS, rng, 8)),
    "clothes": ("Fashion-MNIST test images", lambda rng: _all("clothes", _clothes("test", 10_000))),
    "clothes-seen": ("of these, brought as pictures", lambda rng: _all("clothes", _inks(_clothes("test", 3000)))),
    "noise": (
        "pictures of noise, of kept kinds",
        lambda rng: _all("noise", (find_ink(one) for one in made.noise(made.KEPT_NOISE, rng, 1400))),
    ),
    "scribbles": (
        "scribbles of kept kinds",
        lambda rng: _all("scribble", (made.kept_scribble(rng) for _ in range(1000))),
    ),
    "faces": (
        "faces of Labelled Faces in the Wild",
        lambda rng: _all("picture", (find_ink(face) for face in made.faces())),
    ),
    "photos": (
        "parts of kept photos",
        lambda rng: _all("picture", (find_ink(one) for one in made.crops(made.photos(kept=True), rng, 1000))),
    ),
}


def pictures(name: str, make: Callable[[Rng], Labelled]) -> tuple[Images, npt.NDArray[np.str_], int]:
    """Pictures (N, 28, 28) of a group with their classes, made once and kept; and how many were not answered at all."""
    file = made.folder() / "made" / f"{name}.npz"
    if not file.is_file():
        start = time.time()
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big"))
        found = list(seen(make(rng)))
        answered = [(name, image) for name, image in found if image is not None]
        file.parent.mkdir(exist_ok=True)
        np.savez_compressed(
            file,
            images=np.stack([image for _, image in answered]),
            names=np.array([name for name, _ in answered]),
            refused=len(found) - len(answered),
        )
        print(
            f"{name}: {len(found):,} pictures, {len(answered):,} of them answered, {time.time() - start:.0f} s",
            flush=True,
        )
    with np.load(file) as kept:
        return kept["images"], kept["names"], int(kept["refused"])
