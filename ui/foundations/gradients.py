"""Place 5: vanishing and exploding gradients, layer by layer, in two networks that differ in their activation."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.foundations.gradients import NUM_STEPS, OPTIONS, WIDTH, Flow, GradientSettings, flow
from core.plots.flow import first_layer_figure, layers_figure
from ui.foundations.digits import small_digits
from ui.foundations.place import Place, Question, keep, settings_of, turn
from ui.live_chart import live_chart
from ui.style import is_dark

KEY = "gradients"


def show() -> Sequence[str]:
    """Draw the place; returns what was seen."""
    st.markdown(
        "The **gradient** tells every weight where to go. Backpropagation sends it from the output back to the input, "
        "and in every layer it is multiplied by weights and slopes. Many factors below 1 make it **vanish**, many "
        "above 1 make it **explode**. Two networks learn digits here, and the size of the gradient is measured in "
        "every layer."
    )
    settings = settings_of(GradientSettings, KEY)
    settings = turn(KEY, settings, ["first", "second", "depth", "scale", "learning_rate", "seed"])
    with st.container(horizontal=True):
        vanish = GradientSettings(seed=settings.seed)
        explode = replace(vanish, first="relu", second="tanh", scale=3.0)
        st.button("Vanish: eight sigmoid layers", on_click=keep, args=(KEY, vanish), key="gradients.vanish")
        st.button("Explode: weights three times too large", on_click=keep, args=(KEY, explode), key="gradients.explode")
    flows = {
        _label(settings, which): _flow(replace(settings, step=1), getattr(settings, which))
        for which in ("first", "second")
    }
    settings = turn(KEY, settings, ["step"], columns=1)
    left, right = st.columns(2, gap="large")
    sentences = [_sentence(name, found, settings.step) for name, found in flows.items()]
    with left:
        st.markdown(f"**Gradient in each layer at step {settings.step}**")
        live_chart(layers_figure(flows, settings.step, dark=is_dark()), key="gradients.layers", alt=" ".join(sentences))
        st.caption(" ".join(sentences))
    with right:
        st.markdown("**Gradient in the first layer, step by step**")
        ends = " ".join(_losses(name, found) for name, found in flows.items())
        live_chart(first_layer_figure(flows, settings.step, dark=is_dark()), key="gradients.first", alt=ends)
        st.caption(ends)
    st.caption(
        f"Both networks: 14×14 digits, {settings.depth} hidden layers of {WIDTH} neurons, SGD, batches of 32, the same "
        "batches in the same order. Size: the root mean square of a layer's weight gradient; the scale is logarithmic."
    )
    return [*sentences, *(_losses(name, found) for name, found in flows.items())]


def _label(settings: GradientSettings, which: str) -> str:
    label = OPTIONS[getattr(settings, which)]
    return label if settings.first != settings.second else f"{label} ({which})"


@st.cache_data(max_entries=200, show_spinner="Training for a moment …")
def _flow(settings: GradientSettings, activation: str) -> Flow:
    return flow(settings, activation, *small_digits().train)


def _sentence(name: str, found: Flow, step: int) -> str:
    if not len(found.sizes):
        return f"{name}: not a number from the first step on."
    sizes = found.sizes[min(step, len(found.sizes)) - 1]
    if sizes[0] == 0 or sizes[-1] == 0:
        return f"{name}: no gradient reaches the first layer."
    ratio = sizes[-1] / sizes[0]
    if ratio >= 1:
        return f"{name}: the first layer gets {_times(ratio)} times less gradient than the last."
    return f"{name}: the first layer gets {_times(1 / ratio)} times more gradient than the last."


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.1f}"


def _losses(name: str, found: Flow) -> str:
    if found.diverged_at is not None:
        return f"{name}: diverged at step {found.diverged_at}; its numbers left the range of float32."
    first, last = sum(found.losses[:5]) / 5, sum(found.losses[-5:]) / 5
    return f"{name}: loss {first:.2f} in the first 5 steps, {last:.2f} in the last 5 of {NUM_STEPS}."


PLACE = Place(
    name=KEY,
    title="Vanishing and exploding gradients",
    icon=":material/waterfall_chart:",
    sentence="How much of the gradient reaches the first layer of a deep network.",
    question=Question(
        text="Eight sigmoid layers. How much gradient arrives in the first layer, compared with the last?",
        answers=("About the same", "A tenth", "Less than a thousandth"),
        right="Less than a thousandth",
        because="The slope of a sigmoid is at most 0.25, so every layer lets at most a quarter of it through, times "
        "its weights. ReLU has the slope 1 wherever it is switched on: this is why deep networks use it.",
    ),
    show=show,
)
