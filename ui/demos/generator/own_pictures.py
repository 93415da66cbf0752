"""What Train needs beside its form: pictures of one's own, or data that is missing."""

from functools import partial

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import demos
from core.data.formats import named
from core.data.pictures import picture, picture_set
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.pictures import to_sheet
from core.errors import InvalidInputError
from core.knobs import Config
from ui.frame.errors import shown_errors
from ui.frame.words import plain
from ui.widgets import data_panel, pictures, uploads
from ui.widgets.form import change_form

COLUMNS = 15
NUM_SHOWN = 30
WIDTH = 600  # px


def show(config: Config) -> bool:
    """What is missing for this config, with a way to get it; returns whether a run can start."""
    assert isinstance(config, GeneratorConfig)
    return _own(config) if config.data == "own" else data_panel.show(config)


def _own(config: GeneratorConfig) -> bool:
    is_usable = False
    if config.pictures:
        with shown_errors(icon="imagesmode", mild=True):
            kept = picture_set.OWN.stored(config.pictures)
            st.success(
                f"**{plain(kept.name)}**: {len(kept):,} pictures, a tenth each held out to validate and to test."
            )
            is_usable = True
    file = uploads.file_uploader(
        f"A zip of {picture_set.FEWEST} to {picture_set.MOST:,} {named(picture.FORMATS)} pictures "
        f"(at most {picture_set.MAX_BYTES // 10**6} MB)",
        type=["zip"],
        key="generator.own.file",
        help="Their middle squares are made grey and 28×28 small. Folders do not matter: no classes are learned.",
    )
    if file is not None:
        _import(config, file)
    return is_usable


def _import(config: GeneratorConfig, file: UploadedFile) -> None:
    found = None
    with shown_errors(InvalidInputError, icon="folder_zip"), st.spinner("Reading the pictures …"):
        found = picture_set.gathered(partial(uploads.read, picture_set.read_part, file), name=file.name)
    if found is None:
        return
    _report(found)
    if st.button("Use these pictures", icon=":material/check:", key=f"own.use.{file.file_id}"):
        change_form(demos.task("generator"), config, pictures=picture_set.OWN.keep(found.pictures))


def _report(found: picture_set.Imported) -> None:
    images = found.pictures.images
    some = images[np.linspace(0, len(images) - 1, NUM_SHOWN).astype(int)]
    pictures.picture(
        to_sheet(some, columns=COLUMNS) / 255, WIDTH, alt=f"{NUM_SHOWN} of the pictures as the networks see them"
    )
    st.markdown(f"{len(images):,} good pictures; {NUM_SHOWN} of them as the networks see them.")
    if found.num_bad:
        with st.expander(f"Files that were left out: {found.num_bad:,}", icon=":material/rule:"):
            st.dataframe([{"file": bad.name, "why": bad.reason} for bad in found.bad], hide_index=True)
