"""Train: digits of one's own to learn from, as data sites give them, in place of the training images."""

from functools import partial

import numpy as np
import streamlit as st

from core import demos
from core.data.pictures import digit_files, digit_set, picture_set
from core.demos.digits.config import DigitsConfig
from core.errors import InvalidInputError
from ui.frame.errors import shown_errors
from ui.frame.words import plain
from ui.widgets import pictures, tables, uploads
from ui.widgets.form import change_form

NUM_SHOWN, COLUMNS = 20, 10


def show(config: DigitsConfig) -> None:
    """Ask for the files of a set, show what is in them, and use it."""
    with st.expander("Learn from digits of your own", icon=":material/upload_file:"):
        files = uploads.file_uploader(
            f"A set of labelled digits (at most {digit_files.MAX_BYTES // 10**6} MB a file)",
            key="digits.own.files",
            accept_multiple_files=True,
            max_upload_size=digit_files.MAX_BYTES // 10**6,
            help=f"{digit_files.FORMATS}. Give the labels of IDX files together with their pictures.",
        )
        if not files:
            st.caption(
                f"{digit_files.FORMATS}: Kaggle's train.csv, Keras' mnist.npz, EMNIST, QMNIST and their like. What is "
                "learned is measured on the validation and test images of the data above."
            )
            return
        found = None
        with shown_errors(InvalidInputError, icon="folder_zip"), st.spinner("Reading the digits …"):
            found = digit_set.combined(
                [
                    (
                        file.name,
                        digit_files.gathered(partial(uploads.read, digit_files.read_part, file), name=file.name),
                    )
                    for file in files
                ]
            )
        if found is None:
            return
        _report(found)
        if st.button("Use these digits", icon=":material/check:", key="digits.own.use"):
            data = "mnist5k" if config.data == "fashion" else config.data
            own = picture_set.OWN.keep(found.pictures)
            change_form(demos.task("digits"), config, synthetic=own, data=data)


def _report(found: digit_set.Imported) -> None:
    given = found.pictures
    some = np.linspace(0, len(given) - 1, NUM_SHOWN).astype(int)
    pictures.gallery(
        [given.images[at] / 255 for at in some],
        [given.classes[given.labels[at]] for at in some],
        columns=COLUMNS,
        alt=f"{NUM_SHOWN} of the pictures with their labels.",
    )
    counts = np.bincount(given.labels, minlength=len(given.classes))
    of_each = ", ".join(f"{name} ({count:,})" for name, count in zip(given.classes, counts, strict=True))
    st.markdown(f"{len(given):,} digits: {of_each}.")
    tables.say(found.notes)
    if found.left_out:
        number = sum(found.left_out.values())
        with st.expander(f"Pictures that were left out: {number:,}", icon=":material/rule:"):
            st.markdown("\n".join(f"- {count:,}: {plain(why)}" for why, count in found.left_out.items()))
