"""Place 3: a network learns. It trains in the reader's browser; here are its knobs, its start and its address."""

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.data import points
from core.errors import InvalidInputError
from core.knobs import knobs, to_json
from core.lessons.playground import (
    ACTIVATIONS,
    FEATURES,
    MAX_LAYERS,
    MAX_NEURONS,
    MAX_STEP,
    OWN,
    REGRESSIONS,
    PlaygroundSettings,
    layers,
    rates,
    start,
)
from core.plots.template import DARK, LIGHT
from ui.frame.component import Component, Told, are_numbers, is_text, is_whole
from ui.frame.errors import shown_errors
from ui.frame.state import record
from ui.frame.style import palette_css
from ui.lessons.place import Kept, Place, Question, current, hold, keep, settings_of, turn, version
from ui.widgets import brush, tables

KEY = "playground"
BROWSER = Path(__file__).parent / "browser"
RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
CHECK_STEPS = 100
LONGEST_ID = 40  # characters
MAX_WEIGHTS = 10_000  # far above what its knobs allow
STARTS: dict[str, dict[str, Any]] = {
    "Circle": {},
    "Spirals": {"data": "spirals", "layers": "tanh8-tanh8-tanh8", "noise": 0.05, "num_points": 300, "rates": "0.01"},
    "No hidden layer": {"layers": "none"},
    "Learning rate 10": {"rates": "10", "optimizer": "sgd"},
    "All weights zero": {"init": "zero"},
    "Six sigmoid layers": {"layers": "-".join(["sigmoid8"] * 6), "optimizer": "sgd", "rates": "0.1"},
    "Waves": {"data": "waves", "layers": "tanh12-tanh8", "rates": "0.01"},
}

_SCRIPTS = [(BROWSER / f"{name}.js").read_text("utf-8") for name in ("network", "drawing", "playground")]
_PLAYGROUND = Component(
    "playground",
    html=(BROWSER / "playground.html").read_text("utf-8"),
    css=palette_css(".playground") + (BROWSER / "playground.css").read_text("utf-8"),
    js="\n".join([brush.SCRIPT, *_SCRIPTS]),
)


@dataclass
class _Comparison:
    """With PyTorch: how often it was asked for, and what was found of which run."""

    asked: int = 0
    id: str = ""
    said: str = ""


def show() -> Sequence[str]:
    """Draw the place; returns what was seen."""
    st.markdown(
        "The network sees a point as two numbers, **x₁** and **x₂**, and has to say: blue or orange? Each small "
        "picture is one neuron: its colour is what that neuron answers at every place of the plane. Lines are weights: "
        "thick is large, solid blue is positive, dashed orange is negative."
    )
    before = settings_of(PlaygroundSettings, KEY)
    _starts()
    settings = _knobs(before)
    if _run_id(settings) != _run_id(before):  # another run: from its beginning, with one learning rate
        settings = replace(settings, step=0, rates=settings.rates.rpartition(":")[2] or settings.rates)
    hold(KEY, settings)
    _PLAYGROUND.show(
        key=f"{KEY}.component",
        data=_data(settings),
        told=[
            Told("position", parse_position, _take_position),
            Told("painted", brush.parse_points, _take_points),
            Told("checked", parse_checked, _take_check),
        ],
    )
    if settings.data in OWN:
        _upload(settings)
    _check(settings)
    return _seen(settings)


def _starts() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(":gray[Try:]", width="content")
        for label, values in STARTS.items():
            st.button(label, on_click=keep, args=(KEY, PlaygroundSettings(**values)), key=f"playground.start.{label}")


def _knobs(settings: PlaygroundSettings) -> PlaygroundSettings:
    settings = turn(KEY, settings, ["data", "noise", "num_points"])
    left, right = st.columns(2, gap="medium")
    with left.expander("Network", icon=":material/hub:"):
        settings = _features(settings)
        settings = _layers(settings)
        settings = turn(KEY, settings, ["init", "seed"], columns=2)
    with right.expander("Training", icon=":material/tune:"):
        return turn(KEY, settings, ["loss", "optimizer", "batch_size", "l1", "l2", "dropout", "test_share"], columns=2)


def _features(settings: PlaygroundSettings) -> PlaygroundSettings:
    chosen = st.pills(
        "Features: what the network gets to see of a point",
        list(FEATURES),
        selection_mode="multi",
        default=settings.features.split(","),
        format_func=FEATURES.__getitem__,
        key=f"{KEY}.features.{version(KEY)}",
    )
    ordered = ",".join(name for name in FEATURES if name in chosen)
    return _changed(settings, features=ordered or settings.features)


def _layers(settings: PlaygroundSettings) -> PlaygroundSettings:
    present = layers(settings.layers)
    count = st.slider("Hidden layers", 0, MAX_LAYERS, len(present), key=f"{KEY}.layers.{version(KEY)}")
    chosen = []
    for index in range(count):
        activation, neurons = present[min(index, len(present) - 1)] if present else ("tanh", 4)
        left, right = st.columns(2, gap="medium")
        neurons = left.slider(
            f"Neurons in layer {index + 1}", 1, MAX_NEURONS, neurons, key=f"{KEY}.neurons.{index}.{version(KEY)}"
        )
        activation = right.selectbox(
            f"Activation of layer {index + 1}",
            list(ACTIVATIONS),
            index=list(ACTIVATIONS).index(activation),
            format_func=ACTIVATIONS.__getitem__,
            key=f"{KEY}.activation.{index}.{version(KEY)}",
        )
        chosen.append(f"{activation}{neurons}")
    return _changed(settings, layers="-".join(chosen) or "none")


def _changed(settings: PlaygroundSettings, **values: str) -> PlaygroundSettings:
    changed: dict[str, Any] = dict(values)
    return replace(settings, **changed)


def _run_id(settings: PlaygroundSettings) -> str:
    """The same for two settings that differ only in how far they have come; the learning rate may change on the way."""
    values = to_json(replace(settings, step=0, rates="1"))
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


def _shown_id(settings: PlaygroundSettings) -> str:
    """The same as long as the browser is to go on with its run."""
    return f"{_run_id(settings)}.{version(KEY)}"


def _data(settings: PlaygroundSettings) -> dict[str, Any]:
    """What the browser gets: where the run starts, and how far it was when its address was written."""
    return {
        "id": _shown_id(settings),
        "start": _start(replace(settings, step=0)),
        "step": settings.step,
        "rates": RATES,
        "canPaint": settings.data == "points",
        "maxPoints": points.MAX_POINTS,
        "palettes": _palettes(),
        "check": record(_Comparison).asked,
        "checkSteps": CHECK_STEPS,
    }


@st.cache_data(max_entries=64, show_spinner=False)
def _start(settings: PlaygroundSettings) -> dict[str, Any]:
    begin = start(settings)
    is_height = settings.data in REGRESSIONS
    return {
        "plane": begin.plane.ravel().tolist(),
        "inputs": begin.inputs.ravel().tolist(),
        "targets": begin.targets.tolist(),
        "numTrain": begin.num_train,
        "numFeatures": begin.inputs.shape[1],
        "features": settings.features.split(","),
        "featureNames": [FEATURES[name] for name in settings.features.split(",")],
        "weights": [{"inputs": w.shape[1], "outputs": w.shape[0], "values": w.ravel().tolist()} for w in begin.weights],
        "activations": [activation for activation, _ in layers(settings.layers)],
        "loss": "height" if is_height else settings.loss,
        "optimizer": settings.optimizer,
        "rates": rates(settings.rates),
        "batchSize": settings.batch_size,
        "l1": settings.l1,
        "l2": settings.l2,
        "dropout": settings.dropout,
        "seed": settings.seed,
    }


@functools.cache
def _palettes() -> dict[str, Any]:
    return {"light": asdict(LIGHT), "dark": asdict(DARK)}


class Position(NamedTuple):
    """How far the browser is in a run."""

    id: str
    step: int
    rates: str


def parse_position(value: object) -> Position | None:
    """What the browser says of its run; None for anything else."""
    if not isinstance(value, dict):
        return None
    run_id, step, changes = value.get("id"), value.get("step"), value.get("rates")
    if not is_text(run_id, LONGEST_ID) or not is_whole(step, 0, MAX_STEP) or not isinstance(changes, str):
        return None
    return Position(run_id, step, changes) if knobs(PlaygroundSettings)["rates"].allows(changes) else None


def _take_position(told: Position) -> None:
    """Into the settings, and with the next run of the page into the address, without starting anything anew."""
    settings = current(PlaygroundSettings, KEY)
    if told.id == _shown_id(settings):
        record(Kept, KEY).settings = replace(settings, step=told.step, rates=told.rates)


def _take_points(painted: points.Array) -> None:
    settings = current(PlaygroundSettings, KEY)
    if settings.data == "points":
        keep(KEY, replace(settings, points=points.encode(painted), step=0, test_share=0))


def _upload(settings: PlaygroundSettings) -> None:
    with st.expander("Points from your own table", icon=":material/upload_file:"):
        file = tables.table_uploader("A table", key=f"{KEY}.file")
        if file is None:
            st.caption("Two columns of numbers become x₁ and x₂; a third says the class, or is a number to predict.")
            return
        with shown_errors(InvalidInputError):
            table = tables.read(points.read_table, file, key=KEY)
            tables.say(table.notes)
            _choose(settings, table)


def _choose(settings: PlaygroundSettings, table: points.Table) -> None:
    names = list(table.numeric)
    left, middle, right = st.columns(3)
    targets = [*table.labels, *(name for name in names if name not in table.labels)]
    label = left.selectbox(
        "To predict", targets, index=len(table.labels) - 1 if table.labels else 0, key=f"{KEY}.label"
    )
    positive = None
    if label in table.labels:
        positive = middle.selectbox("Blue is", sorted(set(table.labels[label])), key=f"{KEY}.positive")
    else:
        low, high = table.numeric[label].min(), table.numeric[label].max()
        middle.markdown(f"A number: **regression**. Orange is {low:g}, blue is {high:g}.")
    how = right.selectbox("Axes", ["Two columns", "Principal components"], key=f"{KEY}.how")
    columns = None
    if how == "Two columns":
        left, right = st.columns(2)
        others = [name for name in names if name != label] or names
        first = left.selectbox("x₁", others, key=f"{KEY}.first")
        second = right.selectbox("x₂", others, index=min(1, len(others) - 1), key=f"{KEY}.second")
        columns = (first, second)
    chosen = points.pick(table, columns, label=label, positive=positive)
    used = columns or points.all_numbers(table, label)
    kept, lacking = points.complete(table, used, label=label, is_class=positive is not None)
    st.caption(
        f"{len(chosen)} of {int(kept.sum()):,} rows that have all of it, spread evenly over the table. Three standard "
        "deviations reach the border of the picture. The points stand in the address; the table itself is not kept."
    )
    tables.left_out(table.left_out | lacking, table.bad)
    changed = replace(settings, step=0, test_share=30)
    if positive is None:
        changed = replace(changed, data="heights", heights=points.encode_heights(chosen))
    else:
        changed = replace(changed, data="points", points=points.encode(chosen))
    st.button("Use these points", type="primary", on_click=keep, args=(KEY, changed), key=f"{KEY}.use")


def _check(settings: PlaygroundSettings) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Compare with PyTorch", icon=":material/verified:", key=f"{KEY}.compare")
        compared = record(_Comparison)
        if compared.id == _shown_id(settings):
            st.markdown(compared.said, width="stretch")
        else:
            st.caption(f"Runs the first {CHECK_STEPS} steps here and in PyTorch, and compares every weight.")
    if pressed:
        compared.asked += 1
        st.rerun(scope="fragment")


class Checked(NamedTuple):
    """The weights and biases of the browser after `CHECK_STEPS` steps of a run; those that are not finite are NaN."""

    id: str
    values: npt.NDArray[np.float64]


def parse_checked(value: object) -> Checked | None:
    """What the browser has worked out; None for anything else."""
    if not isinstance(value, dict):
        return None
    run_id, values = value.get("id"), value.get("values")
    if not is_text(run_id, LONGEST_ID) or not isinstance(values, list) or len(values) > MAX_WEIGHTS:
        return None
    if not are_numbers([number for number in values if number is not None], MAX_WEIGHTS):
        return None
    return Checked(run_id, np.array(values, np.float64))


def _take_check(told: Checked) -> None:
    from core.lessons.playground_reference import train

    settings = current(PlaygroundSettings, KEY)
    if told.id != _shown_id(settings):
        return
    weights, biases = train(settings, CHECK_STEPS)
    ours = np.concatenate([array.ravel() for array in (*weights, *biases)])
    if ours.shape != told.values.shape:
        return
    largest = float(np.abs(ours - told.values).max())
    said = (
        f"After {CHECK_STEPS} steps all {len(ours):,} weights of the browser and of PyTorch (float32) were compared: "
        f"the largest difference is **{largest:.1e}**."
    )
    compared = record(_Comparison)
    compared.id, compared.said = told.id, said


def _seen(settings: PlaygroundSettings) -> list[str]:
    options = knobs(PlaygroundSettings)["data"]
    changes = rates(settings.rates)
    rate = f"learning rate {changes[-1][1]:g}"
    if settings.step == 0:
        return ["Press Play and pause when the surface fits the points: then this says where your run stands."]
    return [
        f"Your run: {options.in_words(settings.data).lower()}, {settings.layers} hidden layers, {rate}, "
        f"{settings.step:,} steps. Its losses stand above the picture. The address of this page reproduces it exactly: "
        "send it to somebody."
    ]


PLACE = Place(
    name=KEY,
    title="A network learns",
    icon=":material/hub:",
    sentence="Watch every neuron while the network learns to tell blue from orange.",
    question=Question(
        text="What happens when the learning rate is 10?",
        answers=("It learns ten times faster", "It jumps about and learns nothing", "It learns slowly"),
        right="It jumps about and learns nothing",
        because="The gradient is only right near the present weights. A huge step lands far away, often somewhere "
        "worse: neurons saturate, and the loss jumps or stays high. Press “Learning rate 10” and then Play.",
    ),
    show=show,
)
