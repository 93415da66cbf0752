"""Plain RNN against LSTM against GRU in one click: three runs that differ in nothing else, and their comparison."""

import streamlit as st

from core.contract import Task
from core.data import registry
from core.demos.voice.config import VoiceConfig
from ui.frame.errors import shown_errors
from ui.frame.links import page_path
from ui.frame.state import record
from ui.runs import train
from ui.runs.start import start_run
from ui.widgets.form import Form

KINDS = ("plain_rnn", "lstm", "gru")  # presets
SAME = ("data", "words", "share", "seed")  # taken over from the form


def configs(task: Task, form: VoiceConfig | None) -> list[VoiceConfig]:
    """The configs of the three runs: their presets, with data, words, share and seed of the form."""
    taken = {} if form is None else {name: getattr(form, name) for name in SAME}
    presets = {preset.name: preset.values for preset in task.presets}
    return [VoiceConfig(**{**presets[name], **taken}) for name in KINDS]


def panel(task: Task) -> None:
    """What the three are, what they cost, and the button that starts them."""
    with st.expander("Plain RNN against LSTM against GRU", icon=":material/compare_arrows:"):
        st.caption(
            "The same recurrent layer in three kinds, on the data, the words and the seed of the form below. Each "
            "reads 98 frames one after the other and answers from its last state, so what it forgets is lost."
        )
        button(task)


def button(task: Task) -> None:
    """Start the three; what cannot be started is said."""
    form = record(Form, task.name).config
    assert form is None or isinstance(form, VoiceConfig)
    wanted = configs(task, form)
    is_here = registry.find(wanted[0].data).is_here()
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Train all three", icon=":material/play_arrow:", disabled=not is_here, key=f"{task.name}.three"
        )
        st.caption(
            f"Each: {train.cost_sentence(task, wanted[-1])}. They run one after the other."
            if is_here
            else f"First get the data: {registry.find(wanted[0].data).label}, in the view Train."
        )
    if pressed:
        with shown_errors():
            runs = [start_run(task, config) for config in wanted]
            st.switch_page(page_path("runs"), query_params={"compare": ",".join(run.id for run in runs)})
