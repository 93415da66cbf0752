"""Try, a class: pictures of it with the classifier's opinion under each, and the nearest training pictures beside."""

import streamlit as st

from core.demos.generator.files import grid_png
from core.demos.generator.latents import latents
from core.demos.generator.painter import Painter
from core.demos.generator.pictures import Pixels
from core.plots.words import percent
from ui.demos.generator import controls
from ui.demos.generator.painters import nearest_of, opinions, training_pictures
from ui.widgets.download import download
from ui.widgets.pictures import gallery

NUM_SHOWN = 12
COLUMNS = 4


def show(model_id: str, painter: Painter) -> None:
    """Controls on the left, pictures on the right."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        label = controls.class_picker(painter, key=f"grid.class.{painter.config.data}")
        seed = controls.dice(key="grid")
        vectors = latents(NUM_SHOWN, painter.config.latent, seed=seed) * controls.truncation(key="grid.truncation")
        vectors = controls.moved(painter, vectors, key="grid.direction")
    images = painter.draw(vectors, [label] * NUM_SHOWN)
    with right:
        _generated(painter, images, label)
        is_compared = st.toggle("Show the nearest training pictures", key="grid.nearest", persist_state="session")
        if is_compared:
            _nearest(painter, images)


def _generated(painter: Painter, images: Pixels, label: int) -> None:
    captions = controls.captions(painter, images)
    gallery(controls.inks(images), captions, columns=COLUMNS)
    if painter.config.has_classes:
        seen = sum(found == label for found, _ in opinions(images, painter.config.data))
        st.caption(
            f"Under each picture: what a separate classifier sees in it. {seen} of {NUM_SHOWN} are "
            f"{painter.classes[label]} to it, as asked."
        )
    download("These pictures (PNG)", grid_png(images, columns=COLUMNS), "generated.png", key="grid.png")


def _nearest(painter: Painter, images: Pixels) -> None:
    found = training_pictures(painter.config.data, painter.config.pictures)
    if found is None:
        st.info("The training pictures of this model are not on this machine; view Train offers to download them.")
        return
    many, labels, what = found
    nearest = nearest_of(images, painter.config.data, painter.config.pictures)
    captions = [
        " · ".join([*painter.classes[labels[index] : labels[index] + 1], f"{distance:.2f} apart"])
        for index, distance in zip(nearest.index, nearest.distance, strict=True)
    ]
    gallery(controls.inks(many[nearest.index]), captions, columns=COLUMNS, alt="The nearest training pictures.")
    closest = float(nearest.distance.min())
    st.caption(
        f"In the same order, the nearest of {what}: the root mean square of the differences between pixels, which are "
        f"from 0 to 1. A copy would be 0 apart; the closest pair here is {closest:.2f} apart "
        f"({percent(float(closest))} of the way from paper to ink)."
    )
