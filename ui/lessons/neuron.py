"""Place 1: a neuron. Turn inputs, weights and bias; see products, sum, activation, output and the line it draws."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.lessons.activations import ACTIVATIONS
from core.lessons.neuron import Neuron, NeuronSettings, neuron, probabilities
from core.plots.neuron import (
    activation_figure,
    activation_sentence,
    neuron_diagram,
    neuron_sentence,
    plane_figure,
    plane_info,
    signed,
)
from core.plots.probabilities import probability_bars
from ui.frame.style import is_dark
from ui.lessons.place import Place, Question, keep, settings_of, turn
from ui.widgets.diagram import diagram
from ui.widgets.live_chart import live_chart

KEY = "neuron"
COMPARED = ("relu", "leaky_relu", "sigmoid", "tanh", "gelu")
OUTPUTS = ("A", "B", "C")


def show() -> Sequence[str]:
    """Draw the place; returns what was seen."""
    settings = settings_of(NeuronSettings, KEY)
    st.markdown(
        "A **neuron** multiplies each input by a **weight**, adds everything up, adds its **bias**, and bends the sum "
        "with an **activation function**. That is all it does. A network is many of them."
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        settings = _knobs(settings)
    now = neuron(settings)
    with right:
        sentence = neuron_sentence(now, settings.activation)
        diagram(neuron_diagram(now, settings.activation), key="neuron.diagram", alt=sentence)
        st.caption(f"{sentence} Solid blue: a positive weight. Dashed orange: a negative one. Thick: a large one.")
        _plane(settings)
    _side_by_side(now)
    settings = _softmax(settings)
    return _seen(settings, now)


def _knobs(settings: NeuronSettings) -> NeuronSettings:
    settings = turn(KEY, settings, ["inputs", "activation"], columns=2)
    count = settings.inputs
    pairs = [name for index in range(1, count + 1) for name in (f"x{index}", f"w{index}")]
    settings = turn(KEY, settings, pairs, columns=2)
    settings = turn(KEY, settings, ["b"], columns=1)
    with st.container(horizontal=True):
        st.button("Saturate it", on_click=keep, args=(KEY, _saturating(settings)), key="neuron.saturate")
        st.button("Start over", on_click=keep, args=(KEY, NeuronSettings()), key="neuron.reset")
    return settings


def _saturating(settings: NeuronSettings) -> NeuronSettings:
    """Sigmoid with large weights on inputs of the same sign: a large sum."""
    return replace(settings, activation="sigmoid", x1=2.0, w1=3.0, x2=2.0, w2=1.0, b=0.0)


def _plane(settings: NeuronSettings) -> None:
    info = plane_info(settings)
    others = "" if settings.inputs == 2 else " The other inputs stay as they are."
    where = "The line is where the sum is 0" if info.line else "The line where the sum is 0 lies outside this picture"
    sentence = (
        f"What the neuron answers for every pair x1, x2.{others} {where}: on one side it says more, on the other less. "
        "The weights turn the line, the bias moves it."
    )
    st.markdown("**The line it draws**")
    live_chart(plane_figure(info, dark=is_dark()), key="neuron.plane", alt=sentence)
    st.caption(sentence)


def _side_by_side(now: Neuron) -> None:
    st.subheader("The same sum through five activations", anchor=False)
    st.markdown(
        "Solid: the output. Dashed: its **slope**, called the derivative: how much the output moves when the sum "
        "moves a little. Learning needs that slope. Where it is nearly 0, the neuron is **saturated**: it hears "
        "nothing and learns nothing."
    )
    with st.grid(len(COMPARED), min_column_width=200, gap="medium"):
        for name in COMPARED:
            with st.container(gap="xsmall"):
                activation = ACTIVATIONS[name]
                sentence = activation_sentence(name, now.z)
                st.markdown(f"**{activation.label}**  \n$y = {activation.formula}$")
                live_chart(activation_figure(name, now.z, dark=is_dark()), key=f"neuron.act.{name}", alt=sentence)
                st.caption(f"{sentence} {activation.note}")


def _softmax(settings: NeuronSettings) -> NeuronSettings:
    st.subheader("Three outputs: softmax", anchor=False)
    st.markdown(
        "With several output neurons the sums become probabilities: take $e^z$ of each and divide by the total, "
        r"$p_i = e^{z_i} / \sum_j e^{z_j}$. They always add up to 1, so when one rises the others fall."
    )
    left, right = st.columns(2, gap="large")
    with left:
        settings = turn(KEY, settings, ["z1", "z2", "z3"], columns=1)
    found, jacobian = probabilities(settings)
    with right:
        said = ", ".join(f"{name} {p:.3f}" for name, p in zip(OUTPUTS, found, strict=True))
        live_chart(probability_bars(OUTPUTS, found.tolist(), dark=is_dark()), key="neuron.softmax", alt=said)
        rows = [
            {
                "Derivative of": f"p of {row}",
                **{f"by z of {c}": signed(v, 3) for c, v in zip(OUTPUTS, values, strict=True)},
            }
            for row, values in zip(OUTPUTS, jacobian.tolist(), strict=True)
        ]
        st.table(rows)
        st.caption("Each row adds up to 0: what one probability wins, the others lose.")
    return settings


def _seen(settings: NeuronSettings, now: Neuron) -> list[str]:
    label = ACTIVATIONS[settings.activation].label
    state = "saturated: a change of the sum hardly changes it" if now.is_saturated else "not saturated"
    return [
        f"Your neuron has the sum z = {signed(now.z)}. {label} makes it {signed(now.y, 3)}, with the slope "
        f"{signed(now.slope, 3)}. It is {state}."
    ]


PLACE = Place(
    name=KEY,
    title="A neuron",
    icon=":material/scatter_plot:",
    sentence="Multiply, add, bend: what one neuron computes, and the line it draws.",
    question=Question(
        text="The sum of a sigmoid neuron grows and grows. What happens to its slope, the part that learning needs?",
        answers=("It grows too", "It stays the same", "It goes to zero"),
        right="It goes to zero",
        because="The curve of the sigmoid is flat on both sides. A flat curve has no slope, so nothing can be learned "
        "there. Press “Saturate it” to see it. ReLU keeps its slope of 1 for every positive sum.",
    ),
    show=show,
)
