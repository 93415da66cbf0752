"""Place 5: vanishing and exploding gradients, layer by layer, in two networks that differ in their activation."""

from collections.abc import Sequence
from statistics import fmean

import streamlit as st

from core import demos
from core.knobs import knobs, to_json
from core.lessons.gradient_flow.figures import LANES, Flow, flows
from core.lessons.gradient_flow.training import BATCH, OPTIONS, WIDTH, GradientSettings
from core.plots.gradient_flow import first_layer_figure, layers_figure
from core.runs.records import Run
from ui.frame import address
from ui.frame.style import is_dark
from ui.lessons.place import Place, Question, keep, settings_of, turn
from ui.lessons.trained_place import config_of_run, trained
from ui.runs.live import read_log
from ui.widgets.live_chart import live_chart

KEY = "gradients"
TASK = demos.task(KEY)


def show() -> Sequence[str]:
    """Draw the place; returns what was seen."""
    st.markdown(
        "The **gradient** tells every weight where to go. Backpropagation sends it from the output back to the input, "
        "and in every layer it is multiplied by weights and slopes. Many factors below 1 make it **vanish**, many "
        "above 1 make it **explode**. Two networks learn digits here, and the size of the gradient is measured in "
        "every layer."
    )
    if (named := config_of_run(TASK)) is not None:
        keep(KEY, GradientSettings(**to_json(named)))
        address.write({"run": None})  # its settings say it all
    settings = settings_of(GradientSettings, KEY)
    settings = turn(KEY, settings, ["first", "second", "depth", "scale", "learning_rate", "seed"])
    with st.container(horizontal=True):
        vanish, explode = (GradientSettings(**{"seed": settings.seed, **preset.values}) for preset in TASK.presets)
        st.button("Vanish: eight sigmoid layers", on_click=keep, args=(KEY, vanish), key="gradients.vanish")
        st.button("Explode: weights three times too large", on_click=keep, args=(KEY, explode), key="gradients.explode")
    settings = turn(KEY, settings, ["step"], columns=1)
    run = trained(
        TASK,
        TASK.Config(**{name: getattr(settings, name) for name in knobs(TASK.Config)}),
        lambda run: _charts(run, settings),
        invitation="Nothing is trained with these settings yet. It takes a few seconds.",
        label="Train both networks",
    )
    if run is None or run.state != "completed":
        return []
    found = _flows(run, settings)
    return [
        *(_sentence(name, flow, settings.step) for name, flow in found.items()),
        *(_losses(name, flow) for name, flow in found.items()),
    ]


def _flows(run: Run, settings: GradientSettings) -> dict[str, Flow]:
    found = flows(read_log(run).events, depth=settings.depth)
    return {_label(settings, lane): found[lane] for lane in LANES}


def _charts(run: Run, settings: GradientSettings) -> None:
    found = _flows(run, settings)
    if not any(len(flow.sizes) for flow in found.values()):
        st.caption("The curves begin with the first step.")
        return
    left, right = st.columns(2, gap="large")
    sentences = [_sentence(name, flow, settings.step) for name, flow in found.items()]
    with left:
        st.markdown(f"**Gradient in each layer at step {settings.step}**")
        live_chart(layers_figure(found, settings.step, dark=is_dark()), key="gradients.layers", alt=" ".join(sentences))
        st.caption(" ".join(sentences))
    with right:
        st.markdown("**Gradient in the first layer, step by step**")
        ends = " ".join(_losses(name, flow) for name, flow in found.items())
        live_chart(first_layer_figure(found, settings.step, dark=is_dark()), key="gradients.first", alt=ends)
        st.caption(ends)
    st.caption(
        f"Both networks: 14×14 digits, {settings.depth} hidden layers of {WIDTH} neurons, SGD, batches of {BATCH}, the "
        "same batches in the same order. Size: the root mean square of a layer's weight gradient; the scale is "
        "logarithmic."
    )


def _label(settings: GradientSettings, which: str) -> str:
    label = OPTIONS[getattr(settings, which)]
    return label if settings.first != settings.second else f"{label} ({which})"


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
    if not found.losses:
        return f"{name}: not a step yet."
    first, last = fmean(found.losses[:5]), fmean(found.losses[-5:])
    return f"{name}: loss {first:.2f} in the first 5 steps, {last:.2f} in the last 5 of {len(found.losses)}."


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
