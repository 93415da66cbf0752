"""The voice models that this server has read: the release model, and those of runs."""

import streamlit as st

from core.demos.voice.hearing import VoiceReader, read_model, run_reader
from core.runs import checkpoints
from ui.frame.services import files, store
from ui.runs import models


def reader_of(home_folder: str, model_id: str) -> VoiceReader:
    """The reader behind a model id."""
    if model_id == models.RELEASE:
        return release()
    return _reader(home_folder, model_id, models.best_checkpoint(model_id).seq)


@st.cache_resource(max_entries=1)
def release() -> VoiceReader:
    """The release model, read once."""
    return read_model()


@st.cache_resource(max_entries=16)
def _reader(home_folder: str, run_id: str, seq: int) -> VoiceReader:
    restored = checkpoints.restore(store(), files(), run_id, prefer="best")
    assert restored is not None
    return run_reader(store().get(run_id).config, restored.state["learner"])
