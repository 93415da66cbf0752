"""What recurrent layers remember: the gradient of a score with respect to the state at each step, in three kinds."""

import streamlit as st
import torch

from core import demos
from core.demos.voice.config import VoiceConfig
from core.demos.voice.features import HOP_LENGTH, SAMPLE_RATE
from core.demos.voice.hearing import Command
from core.demos.voice.learner import make_network
from core.demos.voice.network import VoiceNetwork
from core.explain import memory
from core.plots.memory import memory_figure, memory_info, memory_sentence
from core.runs.records import Run
from ui.demos.voice import three
from ui.frame.services import config_of, store
from ui.frame.style import is_dark
from ui.runs import readers
from ui.widgets.live_chart import live_chart

KEY = "voice.memory"
NAMES = {"rnn": "Plain RNN", "lstm": "LSTM", "gru": "GRU"}
SHAPE = ("front_end", "bidirectional", "pooling", "num_mels")  # what networks must share to stand in one chart


def show(command: Command) -> None:
    """Untrained networks of one seed beside the visitor's trained ones."""
    task = demos.task("voice")
    st.subheader("How far back the gradient reaches", anchor=False)
    st.caption(
        "Learning follows the gradient of the score back through the steps. Where it has faded, the network cannot "
        "learn that an early sound matters. Each network reads your second frame by frame, and answers from its last "
        "state."
    )
    plain, trained = st.columns(2, gap="large")
    with plain:
        st.markdown("**Untrained, same seed**")
        _chart({NAMES[config.recurrent]: _untrained(config) for config in three.configs(task, None)}, command, "fresh")
    with trained:
        st.markdown("**Trained**")
        found = trained_networks()
        if found:
            _chart({NAMES[kind]: network for kind, network in found.items()}, command, "trained")
        if len(found) < len(NAMES):
            st.caption("Train them, and their gradients stand here beside the untrained ones.")
            three.button(task)
    st.markdown(
        "Why gates help: at every step a plain RNN multiplies its whole state by the same weights and bends it, so a "
        "gradient on its way back shrinks (or grows) by a factor a step, and powers of a factor vanish quickly. An "
        "LSTM or GRU adds to its state instead and keeps a part of it through a gate. A gate that has learned to stay "
        "open is a factor close to one, so what was heard early can still be learned from. Before training the gates "
        "stand half open, which is why the untrained lines fade as well."
    )


def _untrained(config: VoiceConfig) -> VoiceNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return make_network(config).eval()


def trained_networks() -> dict[str, VoiceNetwork]:
    """The newest completed run of each kind that has the shape of the three."""
    task = demos.task("voice")
    wanted = three.configs(task, None)[0]
    newest: dict[str, Run] = {}
    for run in store().find(task=task.name, states=["completed"], limit=100):
        config = config_of(run)
        same = config.start == "scratch" and all(getattr(config, name) == getattr(wanted, name) for name in SHAPE)
        if same and store().checkpoints(run.id):
            newest.setdefault(config.recurrent, run)
    return {kind: readers.model_of(task.name, newest[kind].id).network for kind in NAMES if kind in newest}


def _chart(networks: dict[str, VoiceNetwork], command: Command, name: str) -> None:
    sizes = {kind: gradients(network, command) for kind, network in networks.items()}
    reaches = {kind: memory.reach(values) for kind, values in sizes.items()}
    info = memory_info(sizes, reaches, step=HOP_LENGTH / SAMPLE_RATE, limit=memory.REMEMBERED)
    sentence = memory_sentence(info)
    live_chart(memory_figure(info, dark=is_dark()), key=f"{KEY}.{name}", alt=sentence)
    st.caption(sentence)


def gradients(network: VoiceNetwork, command: Command) -> memory.Sizes:
    """Of the score of the network's own answer to a command, (steps,)."""
    steps = network.steps(torch.from_numpy(command.features)[None]).detach()

    def score(outputs: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = network.head(network.pool(outputs))
        return logits.max()

    return memory.state_gradients(network.recurrent, steps, score)
