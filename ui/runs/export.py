"""Take it along: the downloads of a run. Each file is made when its button is clicked, outside the page's script."""

from functools import partial

import streamlit as st

from core import demos
from core.errors import DataUnavailableError
from core.export import Parity
from core.runs import export
from core.runs.records import Run
from core.settings import home
from ui.frame.errors import shown_errors
from ui.frame.services import files, store
from ui.frame.words import plain
from ui.runs import readers
from ui.widgets.download import download

LABELS = {"safetensors": "The weights (safetensors)", "onnx": "The network (ONNX)", "bundle": "Everything (zip)"}


def panel(run: Run) -> None:
    """The downloads of a run that has a model, and how far its ONNX file is from PyTorch."""
    demo, seq = demos.find(run.task), readers.best_checkpoint(run.id).seq
    if not (kinds := export.kinds(demo)):
        return
    st.subheader("Take it along", anchor=False)
    with st.container(horizontal=True):
        for kind in kinds:
            made = partial(content, kind, str(home()), run.id, seq)
            download(LABELS[kind], made, f"{run.task}-{run.id}.{export.KINDS[kind]}", key=f"export.{kind}")
    if demo.export is None or demo.export.compared is None:
        return
    more = (
        " The zip holds both files, the network as plain PyTorch code, settings, figures, curves and a model card that "
        "says how to load it."
    )
    with shown_errors(DataUnavailableError, icon="cloud_off", mild=True):
        said = plain(proof(str(home()), run.id, seq).sentence())
        st.caption(f"{said}, measured with onnxruntime.{more if 'bundle' in kinds else ''}")


@st.cache_data(max_entries=256, show_spinner="Comparing ONNX with PyTorch …")
def proof(home_folder: str, run_id: str, seq: int) -> Parity:
    """How far the ONNX file of a run's best weights is from PyTorch; raises `DataUnavailableError`."""
    return export.proof(export.of_run(store(), files(), run_id))


def content(kind: str, home_folder: str, run_id: str, seq: int) -> bytes:
    """The file behind a button, of a run's best weights."""
    compared = proof(home_folder, run_id, seq) if kind == "bundle" else None
    return export.content(export.of_run(store(), files(), run_id), kind, compared)
