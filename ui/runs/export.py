"""Take it along: the downloads of a run. Each file is made when its button is clicked, outside the page's script."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from core import demos
from core.export import Parity, Trained, to_safetensors
from core.knobs import from_json
from core.runs import checkpoints
from core.runs.records import Checkpoint, Run
from core.settings import home
from ui.frame.services import files, store
from ui.frame.words import plain
from ui.runs import models

DOWNLOADS = (
    ("safetensors", "The weights (safetensors)", "safetensors", "application/octet-stream"),
    ("onnx", "The network (ONNX)", "onnx", "application/octet-stream"),
    ("bundle", "Everything (zip)", "zip", "application/zip"),
)  # kind, label, file name's end, MIME type

State = Mapping[str, Any]  # the learner's part of a checkpoint


@dataclass(frozen=True)
class Exporting:
    """How the runs of a demo become files."""

    network: Callable[[Mapping[str, Any], State], Any]  # saved config → the trained network
    onnx: Callable[[Any], bytes]
    parity: Callable[[Any, Mapping[str, Any], State], Parity]  # network, saved config; raises DataUnavailableError
    bundle: Callable[[Trained, Parity, State], bytes]


def panel(run: Run, how: Exporting) -> None:
    """Three downloads of a run that has a model, and how far its ONNX file is from PyTorch."""
    seq = models.best_checkpoint(run.id).seq
    st.subheader("Take it along", anchor=False)
    with st.container(horizontal=True):
        for kind, label, suffix, mime in DOWNLOADS:
            st.download_button(
                label,
                partial(content, how, kind, str(home()), run.id, seq),
                file_name=f"{run.task}-{run.id}.{suffix}",
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"export.{kind}",
            )
    st.caption(
        f"{plain(proof(how, str(home()), run.id, seq).sentence())}, measured with onnxruntime. The zip holds both "
        "files, the network as plain PyTorch code, settings, figures, curves and a model card that says how to load it."
    )


@st.cache_data(max_entries=256, show_spinner="Comparing ONNX with PyTorch …")
def proof(_how: Exporting, home_folder: str, run_id: str, seq: int) -> Parity:
    """How far the ONNX file of a run's best weights is from PyTorch; raises `DataUnavailableError`."""
    run, restored = _restored(run_id)
    state = restored.state["learner"]
    return _how.parity(_how.network(run.config, state), run.config, state)


def content(how: Exporting, kind: str, home_folder: str, run_id: str, seq: int) -> bytes:
    """The file behind a button: "safetensors", "onnx" or "bundle" of a run's best weights."""
    run, restored = _restored(run_id)
    state = restored.state["learner"]
    network = how.network(run.config, state)
    if kind == "safetensors":
        return to_safetensors(network)
    if kind == "onnx":
        return how.onnx(network)
    trained = Trained(
        network=network,
        config=from_json(demos.task(run.task).Config, run.config)[0],
        title=run.title,
        origin=_origin(run, restored.checkpoint),
        test=run.metrics,
        validation=restored.checkpoint.metrics,
        events=[event for _, event in store().events(run_id)],
    )
    return how.bundle(trained, proof(how, home_folder, run_id, seq), state)


def _restored(run_id: str) -> tuple[Run, checkpoints.Restored]:
    restored = checkpoints.restore(store(), files(), run_id, prefer="best")
    assert restored is not None
    return store().get(run_id), restored


def _origin(run: Run, weights: Checkpoint) -> str:
    """ "Run ab12cd, weights after 3 of 5 epochs, ended 2026-03-01 14:05 UTC"."""
    ended = datetime.fromtimestamp(run.ended_at or run.created_at, UTC)
    return (
        f"Run {run.id}, weights after {weights.epoch:g} of {sum(run.phases)} epochs, ended {ended:%Y-%m-%d %H:%M} UTC"
    )
