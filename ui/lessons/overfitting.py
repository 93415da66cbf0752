"""Place 6: overfitting, and what helps against it, one remedy after the other."""

from collections.abc import Sequence

import streamlit as st

from core import demos
from core.lessons.overfitting.figures import NUM_STEPS, REMEDIES, Learned, learned
from core.lessons.overfitting.training import BATCH, NUM_WEIGHTS, WIDTHS, OverfittingConfig
from core.plots.overfitting import learned_figure
from core.plots.words import number
from core.runs.records import Run
from ui.frame import address
from ui.frame.style import is_dark
from ui.lessons.place import Place, Question, keep, settings_of, turn
from ui.lessons.trained_place import config_of_run, trained
from ui.runs.live import read_log
from ui.widgets.live_chart import live_chart

KEY = "overfitting"
TASK = demos.task(KEY)
AMOUNTS = {"dropout": "dropout", "l2": "l2", "data": "more"}  # remedy → its knob
MEANT = {
    "dropout": "In every step half of the hidden neurons or so are switched off, so none can rely on another.",
    "l2": "Large weights cost something, so the network stays smooth.",
    "data": "More examples cannot all be learned by heart.",
    "early": "Nothing is changed, but training stops where the validation loss was lowest.",
}


def show() -> Sequence[str]:
    """Draw the place; returns what was seen."""
    st.markdown(
        f"A network with {NUM_WEIGHTS:,} weights and only 100 digits to learn from. It can learn them **by heart**. "
        "That is **overfitting**: the loss of the **training** digits (solid) goes to 0, while that of the "
        "**validation** digits (dashed), which it never learns from, stays high or rises again."
    )
    if (named := config_of_run(TASK)) is not None:
        keep(KEY, named)
        address.write({"run": None})  # its settings say it all
    settings = settings_of(OverfittingConfig, KEY)
    settings = turn(KEY, settings, ["examples", "seed"], columns=2)
    chosen = st.pills(
        "Remedies: add one after the other",
        list(REMEDIES),
        selection_mode="multi",
        format_func=REMEDIES.__getitem__,
        key="overfitting.remedies",
        persist_state="session",
    )
    settings = turn(KEY, settings, [AMOUNTS[name] for name in chosen if name in AMOUNTS])
    run = trained(
        TASK,
        settings,
        lambda run: _panels(run, settings, chosen),
        invitation="Nothing is trained with these settings yet. It takes some seconds: the network without a remedy, "
        "and one with each.",
        label="Train",
    )
    if run is None or run.state != "completed":
        return []
    found = _found(run, settings)
    return [_base_sentence(found["none"]), *(_sentence(name, found) for name in REMEDIES if name in chosen)]


def _found(run: Run, settings: OverfittingConfig) -> dict[str, Learned]:
    """What each network learned; stopping early is a look at the first one."""
    found = learned(read_log(run).events, examples=settings.examples, more=settings.more)
    return {**found, "early": found["none"]} if found else {}


def _panels(run: Run, settings: OverfittingConfig, chosen: Sequence[str]) -> None:
    found = _found(run, settings)
    if not found:
        st.caption("The curves begin with the first step.")
        return
    with st.grid(3, min_column_width=260, gap="medium"):
        _panel("No remedy", found["none"], _base_sentence(found["none"]))
        for name in REMEDIES:
            if name in chosen:
                sentence = f"{_sentence(name, found)} {MEANT[name]}"
                _panel(REMEDIES[name], found[name], sentence, mark_best=name == "early")
    st.caption(
        f"A {'-'.join(map(str, WIDTHS))} network on 14×14 digits, Adam, {NUM_STEPS} steps of {BATCH} digits. Loss: "
        "cross-entropy in nats, of up to 500 training digits and of 500 validation digits. Accuracy is of 1,000 test "
        "digits, one seed: differences below about 2 % are within the noise."
    )


def _panel(title: str, run: Learned, sentence: str, *, mark_best: bool = False) -> None:
    with st.container(gap="xsmall"):
        st.markdown(f"**{title}** :gray[· {run.examples:,} digits]")
        live_chart(learned_figure(run, mark_best=mark_best, dark=is_dark()), key=f"overfitting.{title}", alt=sentence)
        st.caption(sentence)


def _base_sentence(run: Learned) -> str:
    return (
        f"Right: {number(run.train_accuracy[-1], '%')} of the training digits, {number(run.test_accuracy[-1], '%')} of "
        f"the test digits. Validation loss {run.validation_loss[-1]:.2f}, lowest {run.validation_loss[run.best]:.2f} "
        f"at step {run.steps[run.best]}."
    )


def _sentence(name: str, found: dict[str, Learned]) -> str:
    run, base = found[name], found["none"]
    at = run.best if name == "early" else -1
    return (
        f"{REMEDIES[name]}: validation loss {base.validation_loss[-1]:.2f} → {run.validation_loss[at]:.2f}, test "
        f"digits right {number(base.test_accuracy[-1], '%')} → {number(run.test_accuracy[at], '%')}."
    )


PLACE = Place(
    name=KEY,
    title="Overfitting and its remedies",
    icon=":material/menu_book:",
    sentence="Learned by heart is not understood: 100 digits, a big network, and what helps.",
    question=Question(
        text="100 digits and a big network: which remedy brings the most right answers on new digits?",
        answers=("Dropout", "L2", "More data", "Early stopping"),
        right="More data",
        because="The others only keep the network from trusting 100 digits too much. New digits bring new information. "
        "Where there are no more, the others are what is left.",
    ),
    show=show,
)
