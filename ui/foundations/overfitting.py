"""Place 6: overfitting, and what helps against it, one remedy after the other."""

from collections.abc import Sequence

import streamlit as st

from core.foundations.overfitting import NUM_STEPS, REMEDIES, Learned, OverfittingSettings, learn
from core.plots.overfitting import learned_figure
from core.plots.words import percent
from ui.foundations.digits import small_digits
from ui.foundations.place import Place, Question, settings_of, turn
from ui.live_chart import live_chart
from ui.style import is_dark

KEY = "overfitting"
MEANT = {
    "dropout": "In every step half of the hidden neurons or so are switched off, so none can rely on another.",
    "l2": "Large weights cost something, so the network stays smooth.",
    "data": "More examples cannot all be learned by heart.",
    "early": "Nothing is changed, but training stops where the validation loss was lowest.",
}


def show() -> Sequence[str]:
    """Draw the place; returns what was seen."""
    st.markdown(
        "A network with 119,000 weights and only 100 digits to learn from. It can learn them **by heart**. That is "
        "**overfitting**: the loss of the **training** digits (solid) goes to 0, while that of the **validation** "
        "digits (dashed), which it never learns from, stays high or rises again."
    )
    settings = settings_of(OverfittingSettings, KEY)
    settings = turn(KEY, settings, ["examples", "seed"], columns=2)
    chosen = st.pills(
        "Remedies: add one after the other",
        list(REMEDIES),
        selection_mode="multi",
        format_func=REMEDIES.__getitem__,
        key="overfitting.remedies",
        persist_state="session",
    )
    amounts = [{"dropout": "dropout", "l2": "l2", "data": "more"}.get(name, "") for name in chosen]
    settings = turn(KEY, settings, [name for name in amounts if name])
    base = _learn(settings, "")
    seen = [_base_sentence(base)]
    with st.grid(3, min_column_width=260, gap="medium"):
        _panel("No remedy", base, seen[0])
        for name in REMEDIES:
            if name in chosen:
                run = base if name == "early" else _learn(settings, name)
                sentence = _sentence(name, run, base)
                seen.append(sentence)
                _panel(REMEDIES[name], run, f"{sentence} {MEANT[name]}", mark_best=name == "early")
    st.caption(
        f"A 196-256-256-10 network on 14×14 digits, Adam, {NUM_STEPS} steps of 25 digits. Loss: cross-entropy in nats, "
        "of up to 500 training digits and of 500 validation digits. Accuracy is of 1,000 test digits, one seed: "
        "differences below about 2 % are within the noise."
    )
    return seen


def _panel(title: str, run: Learned, sentence: str, *, mark_best: bool = False) -> None:
    with st.container(gap="xsmall"):
        st.markdown(f"**{title}** :gray[· {run.examples:,} digits]")
        live_chart(learned_figure(run, mark_best=mark_best, dark=is_dark()), key=f"overfitting.{title}", alt=sentence)
        st.caption(sentence)


@st.cache_data(max_entries=200, show_spinner="Training for a moment …")
def _learn(settings: OverfittingSettings, remedy: str) -> Learned:
    return learn(settings, small_digits(), remedy)


def _base_sentence(run: Learned) -> str:
    return (
        f"Right: {percent(run.train_accuracy[-1])} of the training digits, {percent(run.test_accuracy[-1])} of the "
        f"test digits. Validation loss {run.validation_loss[-1]:.2f}, lowest {run.validation_loss[run.best]:.2f} at "
        f"step {run.steps[run.best]}."
    )


def _sentence(name: str, run: Learned, base: Learned) -> str:
    at = run.best if name == "early" else -1
    return (
        f"{REMEDIES[name]}: validation loss {base.validation_loss[-1]:.2f} → {run.validation_loss[at]:.2f}, test "
        f"digits right {percent(base.test_accuracy[-1])} → {percent(run.test_accuracy[at])}."
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
