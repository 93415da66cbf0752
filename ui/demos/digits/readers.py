"""The trained networks behind the Digits pages, read once and kept: the release model and those of runs."""

import streamlit as st

from core.data.pictures import sources
from core.demos.digits.reader import DigitReader, read_model, run_reader
from core.demos.digits.release import release_config
from core.runs import checkpoints
from ui.frame.services import files, store
from ui.runs import models


def reader_of(home_folder: str, model_id: str) -> tuple[DigitReader, tuple[str, ...]]:
    """The reader behind a model id, and the names of what it tells apart."""
    if model_id == models.RELEASE:
        return release(), sources.find(release_config().data).classes
    run = store().get(model_id)
    reader = _reader(home_folder, model_id, models.best_checkpoint(model_id).seq)
    return reader, sources.find(str(run.config["data"])).classes


@st.cache_resource(max_entries=1)
def release() -> DigitReader:
    """The release model, read once."""
    return read_model()


@st.cache_resource(max_entries=16)
def _reader(home_folder: str, run_id: str, seq: int) -> DigitReader:
    restored = checkpoints.restore(store(), files(), run_id, prefer="best")
    assert restored is not None
    return run_reader(store().get(run_id).config, restored.state["learner"])
