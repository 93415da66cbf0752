"""The trained networks behind the Sentiment pages, read once and kept: the release models and those of runs."""

import streamlit as st

from core.contract import Task
from core.demos.sentiment.reader import TextReader, read_model, run_reader
from core.demos.sentiment.release import FOLDERS, release_card
from core.errors import DataUnavailableError
from core.runs import checkpoints
from ui.frame.services import files, store
from ui.frame.words import plain
from ui.runs import models

LABELS = {"encoder": "fine-tuned MiniLM", "small": "small"}


def choices(task: Task) -> list[models.Choice]:
    """The release models that can answer here, the best one first, then finished runs. What cannot answer is said."""
    own = [models.Choice(name, f"Release model, {LABELS[name]} · {release_label(name)}") for name in _usable()]
    return [*own, *models.finished(task)]


def _usable() -> list[str]:
    usable = []
    for name in FOLDERS:
        try:
            release(name)
        except DataUnavailableError as error:
            st.info(
                f"The release model “{LABELS[name]}” cannot answer here. {plain(str(error))}",
                icon=":material/cloud_off:",
            )
        else:
            usable.append(name)
    return usable


def release_label(name: str) -> str:
    """ "82.5 % of 872 SST-2 dev sentences"."""
    figure = next(figure for figure in release_card(FOLDERS[name])["figures"] if "dev" in figure["set"])
    return f"{figure['accuracy']:.1f} % of {figure['set']}"


def reader_of(home_folder: str, model_id: str) -> TextReader:
    """The reader behind a model id."""
    if model_id in FOLDERS:
        return release(model_id)
    return _reader(home_folder, model_id, models.best_checkpoint(model_id).seq)


@st.cache_resource(max_entries=len(FOLDERS))
def release(name: str) -> TextReader:
    """A release model, read once; raises `DataUnavailableError` where it needs what is not here."""
    return read_model(FOLDERS[name])


@st.cache_resource(max_entries=4)
def _reader(home_folder: str, run_id: str, seq: int) -> TextReader:
    restored = checkpoints.restore(store(), files(), run_id, prefer="best")
    assert restored is not None
    return run_reader(store().get(run_id).config, restored.state["learner"])
