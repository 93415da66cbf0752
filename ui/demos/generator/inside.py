"""Look inside: block by block from random numbers to a picture, what D looks at, and a plane of latent space."""

import numpy as np
import streamlit as st

from core.demos.generator import inside
from core.demos.generator.inside import Stage
from core.demos.generator.latents import latents
from core.demos.generator.painter import Painter
from core.demos.generator.pictures import Pixels, to_sheet
from core.plots import maps, pictures
from core.plots.words import number
from ui.demos.generator import controls
from ui.demos.generator.painters import training_pictures
from ui.frame.style import is_dark
from ui.widgets.choice import one_of
from ui.widgets.pictures import picture

PARTS = {
    "layers": ":material/layers: Block by block",
    "discriminator": ":material/visibility: What D looks at",
    "plane": ":material/grid_on: The space of random numbers",
}
NUMBERS_IN_A_ROW = 16
NUMBERS_WIDTH = 448  # px
PICTURE = 168  # px
LOOKED = 224  # px
SIDE, REACH = 9, 3.0
PLANE_WIDTH = 9 * 64  # px


def show(model_id: str, painter: Painter) -> None:
    """A class and random numbers, then one of the parts."""
    part = one_of("What to look at", PARTS, key="generator.inside")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = controls.class_picker(painter, key=f"inside.class.{painter.config.data}")
        seed = controls.dice(key="inside", label="Other random numbers")
    {"layers": _layers, "discriminator": _discriminator, "plane": _plane}[part](painter, label, seed)


def _layers(painter: Painter, label: int, seed: int) -> None:
    vector = latents(1, painter.config.latent, seed=seed)[0]
    for stage in inside.stages(painter, vector, label):
        st.markdown(f"**{stage.label}** :gray[· {stage.sentence}]")
        if stage.values.ndim == 1:
            _numbers(stage)
        elif len(stage.values) == 1:
            picture(stage.values[0], PICTURE, alt="The finished picture")
        else:
            _maps(stage)
    st.caption(
        "The colours of each row have their own scale. After ReLU nothing is negative; grey maps are silent here."
    )


def _numbers(stage: Stage) -> None:
    rows = -(-len(stage.values) // NUMBERS_IN_A_ROW)
    grid = np.zeros(rows * NUMBERS_IN_A_ROW, np.float32)
    grid[: len(stage.values)] = stage.values
    shown = maps.signed_picture(
        grid.reshape(rows, -1),
        NUMBERS_WIDTH * pictures.DENSITY,
        limit=maps.strongest(stage.values),
        dark=is_dark(),
    )
    st.image(shown, width=NUMBERS_WIDTH, alt=f"{len(stage.values)} numbers as colours. {maps.scale_sentence(grid)}")


def _maps(stage: Stage) -> None:
    limit = maps.strongest(stage.values)
    silent = int((np.abs(stage.values).reshape(len(stage.values), -1).max(1) == 0).sum())
    st.image(
        maps.sheet(stage.values, limit=limit, dark=is_dark()),
        width=maps.sheet_width(len(stage.values)),
        alt=f"{len(stage.values)} feature maps of {stage.label} numbers; {silent} are zero everywhere",
    )


def _discriminator(painter: Painter, label: int, seed: int) -> None:
    generated = painter.draw(latents(1, painter.config.latent, seed=seed), [label])[0]
    shown: list[tuple[str, Pixels]] = [("A generated picture", generated)]
    real = _real(painter, label, seed)
    if real is not None:
        shown.insert(0, ("A real picture", real))
    scores = []
    for column, (title, image) in zip(st.columns(len(shown), gap="large"), shown, strict=True):
        with column:
            scores.append(_looked(painter, title, image, label))
    if len(scores) == 2:
        surer = "higher" if scores[0] > scores[1] else "lower"
        st.markdown(
            f"D scores the real picture {_signed(scores[0])}, {surer} than the generated one with {_signed(scores[1])}."
        )
    st.caption(
        "Integrated gradients of D's score: blue pixels speak for a real picture, orange ones against it, in "
        "comparison with a blank one. All of them add up to the score less the score of blank paper. It says where D "
        "looks, not why. Only the difference between two scores has a meaning."
    )


def _looked(painter: Painter, title: str, image: Pixels, label: int) -> float:
    found = inside.looked_at(painter, image, label)
    st.markdown(f"**{title} · score {_signed(found.score)}**")
    grey = image / 255
    st.image(
        maps.overlay(found.values, grey, LOOKED * pictures.DENSITY, dark=is_dark()),
        width=LOOKED,
        alt=f"{title} with what each pixel adds to D's score. {maps.scale_sentence(found.values)}",
    )
    st.caption(
        f"Blank paper has {_signed(found.blank_score)}; the pixels add up to {_signed(float(found.values.sum()))}, "
        f"{number(abs(found.error))} off."
    )
    return found.score


def _signed(value: float) -> str:
    return number(value).replace("-", "\N{MINUS SIGN}")


def _real(painter: Painter, label: int, seed: int) -> Pixels | None:
    """A training picture of the class, another for other random numbers; None if none are here."""
    found = training_pictures(painter.config.data, painter.config.pictures)
    if found is None:
        st.info("The training pictures of this model are not on this machine; view Train offers to download them.")
        return None
    many, labels, _ = found
    places = np.flatnonzero(labels == label) if painter.config.has_classes else np.arange(len(many))
    image: Pixels = many[places[seed % len(places)]]
    return image


def _plane(painter: Painter, label: int, seed: int) -> None:
    names = range(min(8, painter.config.latent))
    with st.container(horizontal=True):
        first = st.selectbox("To the right: direction", names, 0, format_func=lambda n: f"{n + 1}", key="plane.first")
        second = st.selectbox("Upwards: direction", names, 1, format_func=lambda n: f"{n + 1}", key="plane.second")
    centre = latents(1, painter.config.latent, seed=seed)[0]
    vectors = inside.plane(painter, centre, first=int(first), second=int(second), reach=REACH, side=SIDE)
    images = painter.draw(vectors, [label] * len(vectors))
    picture(
        to_sheet(images, columns=SIDE) / 255,
        PLANE_WIDTH,
        alt=f"{SIDE} × {SIDE} pictures, drawn at their places in a plane of the latent space",
    )
    st.caption(
        f"Each picture is drawn at its place in a plane of the {painter.config.latent} random numbers: {REACH:g} "
        f"standard deviations to the left and right along direction {first + 1}, and up and down along direction "
        f"{second + 1}, with the vector of the dice in the middle. Directions are those to which the first layer "
        "reacts most."
    )
