"""Try, a data set: the Digits network trained on synthetic pictures only, beside the same one trained on real ones."""

from dataclasses import replace

import streamlit as st

from core import demos
from core.data import registry
from core.data.pictures import picture_set
from core.demos.digits.config import DigitsConfig
from core.demos.generator.painter import Painter
from core.plots.words import percent
from core.runs.records import Run
from ui.frame.demo_pages import run_link
from ui.frame.errors import shown_errors
from ui.frame.fragments import fragment
from ui.frame.services import store
from ui.frame.words import plain, standing
from ui.runs.start import start_run

COUNTS = (350, 1_000, 3_500)
EPOCHS = 10
SEED = 0
NUM_SHOWN = 5  # pairs, the newest first


def show(model_id: str, painter: Painter) -> None:
    """How many, the button, and what came out so far."""
    st.subheader("Are they as good as real ones?", anchor=False)
    data = test_data(painter.config.data)
    if not registry.find(data).is_here():
        st.info(f"{registry.find(data).label} is not on this machine; view Train offers to download it.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.segmented_control(
            "Pictures to learn from",
            COUNTS,
            default=COUNTS[-1],
            required=True,
            format_func="{:,}".format,
            key="rival.n",
        )
        pressed = st.button(
            "Train Digits on synthetic pictures only, and on as many real ones",
            icon=":material/compare:",
            key="rival.go",
        )
    if pressed:
        with shown_errors():
            start_pair(model_id, painter, int(count))
    st.caption(
        f"Two runs of the network of page Digits with the same settings, {EPOCHS} epochs each. Both are tested on "
        f"{_test_set(data)}. {_caveat(model_id, data)}"
    )
    _results(data)


def test_data(data: str) -> str:
    """The real data that both are tested on: all of MNIST where it is here, because its test images are new to all."""
    whole = data in ("mnist", "mnist5k") and registry.find("mnist").is_here()
    return "mnist" if whole else {"mnist": "mnist5k"}.get(data, data)


def _test_set(data: str) -> str:
    return f"{registry.find(data).sizes[2]:,} real {registry.find(data).label} test images"


def _caveat(model_id: str, data: str) -> str:
    if data == "mnist5k" and model_id in demos.find("generator").releases:
        return "The release generator has learned from most of these, so it has a little advantage."
    return "No generator here has learned from these."


def start_pair(model_id: str, painter: Painter, count: int) -> tuple[Run, Run]:
    """Keep a synthetic set and start both runs; the second is a clone of the first with real pictures.

    Raises:
        GlassboxError: a run cannot be started.
    """
    images, labels = painter.synthetic(count, seed=SEED)
    kept = picture_set.OWN.keep(
        picture_set.PictureSet(f"{count:,} pictures of model {model_id}", images, labels, tuple(painter.classes))
    )
    data = test_data(painter.config.data)
    task = demos.task("digits")
    config = DigitsConfig(data=data, synthetic=kept, epochs=EPOCHS)
    first = start_run(task, config, title=f"{count:,} synthetic pictures")
    wanted = 100 * count / registry.find(data).sizes[0]
    real = replace(config, synthetic="", share=wanted)
    return first, start_run(task, real, parent=first.id, title=f"{count:,} real pictures")


def pairs(data: str) -> list[tuple[Run, Run]]:
    """Runs on synthetic pictures with their rivals, newest first."""
    runs = store().find(task="digits", limit=200)
    synthetic = {run.id: run for run in runs if run.config.get("synthetic") and run.config["data"] == data}
    return [(synthetic[run.parent], run) for run in runs if run.parent in synthetic and not run.config.get("synthetic")]


def _results(data: str) -> None:
    shown = pairs(data)[:NUM_SHOWN]
    if shown:
        going_on = any(not run.is_over for pair in shown for run in pair)
        fragment(_table, run_every=1.0 if going_on else None)(data, going_on=going_on)


def _table(data: str, *, going_on: bool) -> None:
    shown = pairs(data)[:NUM_SHOWN]
    if going_on and all(run.is_over for pair in shown for run in pair):
        st.rerun(scope="app")
    for number, pair in enumerate(shown):
        with st.container(border=True, key=f"rival.pair.{number}"):
            for column, run in zip(st.columns(2), pair, strict=True):
                with column:
                    st.markdown(f"**{plain(run.title)}**  \n{_said(run)}")
                    run_link(run, "Its run")
            if sentence := comparison(*pair):
                st.markdown(sentence)


def _said(run: Run) -> str:
    if "accuracy" in run.metrics:
        return f"{percent(run.metrics['accuracy'] / 100)} of {_test_set(str(run.config['data']))}"
    if run.is_over:
        return plain(f"{run.state}. {run.reason}")
    return standing(run) if run.status == "training" else f"{run.status or 'waiting in the queue'} …"


def comparison(synthetic: Run, real: Run) -> str:
    """One sentence on both results; empty as long as one is missing."""
    if "accuracy" not in synthetic.metrics or "accuracy" not in real.metrics:
        return ""
    ours, theirs = synthetic.metrics["accuracy"], real.metrics["accuracy"]
    if abs(ours - theirs) < 0.05:
        return "Synthetic and real pictures teach equally well here."
    better, worse = ("Real", "synthetic") if theirs > ours else ("Synthetic", "real")
    return (
        f"{better} pictures teach better here than as many {worse} ones, by {abs(ours - theirs):.1f} percentage points."
    )
