"""Take it along: the downloads of a run. Each file is made when its button is clicked, outside the page's script."""

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from core.demos.digits import bundle
from core.demos.digits.config import DigitsConfig
from core.demos.digits.reader import run_network
from core.export import Parity, to_safetensors
from core.knobs import from_json
from core.runs import checkpoints
from core.runs.records import Checkpoint, Run
from core.settings import home
from ui import models
from ui.services import store

DOWNLOADS = (
    ("safetensors", "The weights (safetensors)", "safetensors", "application/octet-stream"),
    ("onnx", "The network (ONNX)", "onnx", "application/octet-stream"),
    ("bundle", "Everything (zip)", "zip", "application/zip"),
)  # kind, label, file name's end, MIME type


def export_panel(run: Run) -> None:
    """Three downloads of a run that has a model, and how far its ONNX file is from PyTorch."""
    seq = models.best_checkpoint(run.id).seq
    st.subheader("Take it along", anchor=False)
    with st.container(horizontal=True):
        for kind, label, suffix, mime in DOWNLOADS:
            st.download_button(
                label,
                partial(content, kind, str(home()), run.id, seq),
                file_name=f"digits-{run.id}.{suffix}",
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"export.{kind}",
            )
    st.caption(
        f"{proof(str(home()), run.id, seq).sentence()}, measured with onnxruntime. The zip holds both files, the "
        "network as plain PyTorch code, settings, figures, curves and a model card that says how to load it."
    )


@st.cache_data(max_entries=256, show_spinner="Comparing ONNX with PyTorch …")
def proof(home_folder: str, run_id: str, seq: int) -> Parity:
    """How far the ONNX file of a run's best weights is from PyTorch; raises `DataUnavailableError`."""
    run, restored = _restored(run_id)
    return bundle.onnx_parity(run_network(run.config, restored.state["learner"]), str(run.config["data"]))


def content(kind: str, home_folder: str, run_id: str, seq: int) -> bytes:
    """The file behind a button: "safetensors", "onnx" or "bundle" of a run's best weights."""
    run, restored = _restored(run_id)
    network = run_network(run.config, restored.state["learner"])
    if kind == "safetensors":
        return to_safetensors(network)
    if kind == "onnx":
        return bundle.onnx_file(network)
    trained = bundle.Trained(
        network=network,
        config=from_json(DigitsConfig, run.config)[0],
        title=run.title,
        origin=_origin(run, restored.checkpoint),
        test=run.metrics,
        validation=restored.checkpoint.metrics,
        events=[event for _, event in store().events(run_id)],
    )
    return bundle.whole_bundle(trained, proof(home_folder, run_id, seq))


def _restored(run_id: str) -> tuple[Run, checkpoints.Restored]:
    restored = checkpoints.restore(store(), run_id, prefer="best")
    assert restored is not None
    return store().get(run_id), restored


def _origin(run: Run, weights: Checkpoint) -> str:
    """ "Run ab12cd, weights after 3 of 5 epochs, ended 2026-03-01 14:05 UTC"."""
    ended = datetime.fromtimestamp(run.ended_at or run.created_at, UTC)
    return (
        f"Run {run.id}, weights after {weights.epoch:g} of {sum(run.phases)} epochs, ended {ended:%Y-%m-%d %H:%M} UTC"
    )
