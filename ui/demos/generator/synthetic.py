"""Try, a data set: as many labelled pictures as wanted, to take along."""

from functools import partial

import streamlit as st

from core.demos.generator import files
from core.demos.generator.painter import Painter
from ui.demos.generator import rival
from ui.demos.generator.painters import painter_of
from ui.widgets.download import download

COUNTS = (100, 500, 1000, 2000, 5000, 10_000)
LARGEST_SEED = 2**31 - 1


def show(model_id: str, painter: Painter) -> None:
    """How many, of what, and the two downloads; files are made when their button is clicked."""
    if not painter.config.has_classes:
        st.info("A data set needs labels, and this generator was told no classes. Choose a conditional one above.")
        return
    names = painter.classes
    left, middle, right = st.columns(3, gap="medium")
    count = left.select_slider("Pictures", COUNTS, 1000, key="synthetic.count", persist_state="session")
    only = middle.selectbox(
        "Classes",
        [None, *range(len(names))],
        format_func=lambda label: "All, in turn" if label is None else names[label],
        key=f"synthetic.class.{painter.config.data}",
    )
    seed = right.number_input("Seed", 0, LARGEST_SEED, 0, key="synthetic.seed", persist_state="session")
    with st.container(horizontal=True):
        for kind, label in (("npz", "For NumPy (npz)"), ("zip", "Folders of PNGs (zip)")):
            made = partial(content, kind, model_id, count, int(seed), only)
            download(label, made, f"synthetic-{painter.config.data}-{count}.{kind}", key=f"synthetic.{kind}")
    st.caption(
        "The npz holds `images` (N, 28, 28) uint8 and `labels` (N,) int64; the zip a folder for each class. The labels "
        "are the classes that were asked for. The same seed gives the same pictures, here and in a terminal:"
    )
    st.code(command(model_id, painter, count=count, only=only, seed=int(seed)), language="bash")
    rival.show(model_id, painter)


def content(kind: str, model_id: str, count: int, seed: int, only: int | None) -> bytes:
    """The file behind a button: "npz" or "zip"."""
    painter = painter_of(model_id)
    images, labels = painter.synthetic(count, seed=seed, only=only)
    return files.npz(images, labels) if kind == "npz" else files.zipped(images, labels, painter.classes)


def command(model_id: str, painter: Painter, *, count: int, only: int | None, seed: int) -> str:
    """The same data set from a terminal."""
    is_release = model_id in ("release", "clothes")
    which = f"--data {painter.config.data}" if is_release else f"--model {model_id}"
    wanted = "all" if only is None else only
    return (
        f"python -m core generate generator {which} --class {wanted} --count {count} --seed {seed} --out synthetic.npz"
    )
