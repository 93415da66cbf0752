"""The generators that the page draws with, kept; and what measures their pictures: classifier and training pictures."""

import numpy as np
import streamlit as st
import torch

from core.data import registry
from core.data.pictures import picture_set, sources
from core.demos.generator.frozen_classifier import find_classifier
from core.demos.generator.nearest import Nearest, nearest
from core.demos.generator.painter import Labels, Painter
from core.demos.generator.pictures import Pixels
from ui.runs import readers

ALWAYS_HERE = {"mnist": "mnist5k"}  # a selection of the training pictures, where the whole set is not on this machine


def painter_of(model_id: str) -> Painter:
    """The painter behind a model id: a release model or a run."""
    painter: Painter = readers.model_of("generator", model_id)
    return painter


def opinions(images: Pixels, data: str) -> list[tuple[int, float]]:
    """What the frozen classifier of a data set sees in each picture (N, 28, 28), and how probable it finds that."""
    frozen = find_classifier(data)
    assert frozen is not None
    _, probabilities = frozen.look(torch.from_numpy(images.astype(np.float32) / 255).unsqueeze(1))
    return [(int(row.argmax()), float(row.max())) for row in probabilities]


@st.cache_resource(max_entries=2, show_spinner="Reading the training pictures …")
def training_pictures(data: str, own: str = "") -> tuple[Pixels, Labels, str] | None:
    """Pictures and labels that a model of this data has learned from, and what they are; None if none are here.

    Args:
        own: id of the set of pictures where data is "own"; its held-out pictures are among them.
    """
    if data == "own":
        kept = picture_set.OWN.stored(own) if picture_set.OWN.is_stored(own) else None
        return (kept.images, kept.labels, f"{len(kept):,} pictures of your own") if kept is not None else None
    name = data if registry.find(data).is_here() else ALWAYS_HERE.get(data)
    if name is None:
        return None
    images = sources.load_images(name)
    label = f"{len(images.train_labels):,} {images.name} training pictures"
    return images.train_images, images.train_labels.astype(np.int64), label


@st.cache_data(max_entries=64, show_spinner=False)
def nearest_of(images: Pixels, data: str, own: str = "") -> Nearest:
    """The nearest training picture of each."""
    found = training_pictures(data, own)
    assert found is not None
    return nearest(images, found[0])
