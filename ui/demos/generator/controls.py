"""Widgets that the parts of Try share: class, dice, truncation, directions; and how a picture is captioned."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.demos.generator.frozen_classifier import find_classifier
from core.demos.generator.latents import Latents
from core.demos.generator.painter import Painter
from core.demos.generator.pictures import Pixels
from core.plots.words import percent
from ui.demos.generator.painters import opinions
from ui.frame.state import record

NUM_DIRECTIONS = 4
FARTHEST = 4.0  # standard deviations along a direction
SIDE_OF_DICE = 1_000_000


def class_picker(painter: Painter, *, key: str, label: str = "Class", start: int = 3) -> int:
    """The label of the chosen class; 0, with a sentence, for a generator that was told none."""
    if not painter.config.has_classes:
        st.caption("This generator was told no classes, so it draws whatever its random numbers say.")
        return 0
    names = painter.classes
    chosen = st.selectbox(
        label, range(len(names)), format_func=names.__getitem__, key=key, persist_state="session", index=start
    )
    return int(chosen)


def class_name(painter: Painter, label: int) -> str:
    """A class in words; where the generator was told none, every picture is just one."""
    return painter.classes[label] if painter.config.has_classes else "any"


@dataclass
class _Dice:
    """What was rolled, if anything."""

    seed: int | None = None


def dice(*, key: str, label: str = "Roll the dice", start: int = 0) -> int:
    """A button that changes the seed of the random numbers; the seed stays over page changes."""
    dice = record(_Dice, key)

    def roll() -> None:
        dice.seed = secrets.randbelow(SIDE_OF_DICE)

    st.button(label, icon=":material/casino:", on_click=roll, key=f"{key}.roll")
    return start if dice.seed is None else dice.seed


def truncation(*, key: str) -> float:
    """A factor on the latent vector."""
    return st.slider(
        "Truncation",
        0.0,
        1.5,
        1.0,
        0.05,
        key=key,
        persist_state="session",
        help="Shortens the random numbers: less variety, but more typical pictures. At 0 all are alike.",
    )


def moved(painter: Painter, vectors: Latents, *, key: str) -> Latents:
    """Vectors moved along the strongest directions, by sliders."""
    st.markdown(
        "**Strongest directions**",
        help="The first layer reacts most to these combinations of the random numbers. What each of them changes in "
        "the picture, nobody has told the network: find out.",
    )
    amounts = [
        st.slider(f"Direction {number + 1}", -FARTHEST, FARTHEST, 0.0, 0.25, key=f"{key}.{number}")
        for number in range(min(NUM_DIRECTIONS, painter.config.latent))
    ]
    shift = np.array(amounts, dtype=np.float32) @ painter.directions[: len(amounts)]
    return (vectors + shift).astype(np.float32)


def captions(painter: Painter, images: Pixels) -> list[str]:
    """The classifier's opinion under each picture: "3 · 99.1 %"; numbers where there is none."""
    names: Sequence[str] = painter.classes
    if find_classifier(painter.config.data) is None:
        return [f"picture {number}" for number in range(1, len(images) + 1)]
    return [f"{names[label]} · {percent(probability)}" for label, probability in opinions(images, painter.config.data)]


def inks(images: Pixels) -> list[np.ndarray]:
    """(N, H, W) uint8 → pictures in [0, 1] for `core.plots.pictures`."""
    return [image.astype(np.float32) / 255 for image in images]
