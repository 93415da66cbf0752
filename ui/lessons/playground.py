"""Place 3: a network learns. It trains in the reader's browser; here are its knobs, its start and its address."""

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
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
from ui.frame.style import palette_css
from ui.frame.words import plain
from ui.lessons.place import Place, Question, hold, keep, settings_of, turn, version
from ui.widgets import brush, uploads

KEY = "playground"
BROWSER = Path(__file__).parent / "browser"
RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
CHECK_STEPS = 100
STARTS: dict[str, dict[str, Any]] = {
    "Circle": {},
    "Spirals": {"data": "spirals", "layers": "tanh8-tanh8-tanh8", "noise": 0.05, "num_points": 300, "rates": "0.01"},
    "No hidden layer": {"layers": "none"},
    "Learning rate 10": {"rates": "10", "optimizer": "sgd"},
    "All weights zero": {"init": "zero"},
    "Six sigmoid layers": {"layers": "-".join(["sigmoid8"] * 6), "optimizer": "sgd", "rates": "0.1"},
    "Waves": {"data": "waves", "layers": "tanh12-tanh8", "rates": "0.01"},
}


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
    _component()(
        key="playground.component",
        data=_data(settings),
        on_position_change=_take_position,
        on_painted_change=_take_points,
        on_checked_change=_take_check,
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


def _data(settings: PlaygroundSettings) -> dict[str, Any]:
    """What the browser gets: where the run starts, and how far it was when its address was written."""
    nonce = version(KEY)
    return {
        "id": f"{_run_id(settings)}.{nonce}",
        "start": _start(replace(settings, step=0)),
        "step": settings.step,
        "rates": RATES,
        "canPaint": settings.data == "points",
        "maxPoints": points.MAX_POINTS,
        "palettes": _palettes(),
        "check": st.session_state.get(f"{KEY}.check", 0),
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


def _take_position() -> None:
    """The browser says how far it is: into the address, without starting anything anew."""
    told = st.session_state["playground.component"].position
    settings: PlaygroundSettings = st.session_state[f"{KEY}.settings"]
    if not isinstance(told, dict) or told.get("id") != f"{_run_id(settings)}.{version(KEY)}":
        return
    step, rate = told.get("step"), told.get("rates")
    if type(step) is int and 0 <= step <= MAX_STEP and knobs(PlaygroundSettings)["rates"].allows(rate):
        st.session_state[f"{KEY}.settings"] = replace(settings, step=step, rates=str(rate))


def _take_points() -> None:
    told = st.session_state["playground.component"].painted
    settings: PlaygroundSettings = st.session_state[f"{KEY}.settings"]
    try:
        given = np.array(told, np.float64).reshape(-1, 3)
    except (TypeError, ValueError):
        return
    if settings.data != "points" or len(given) > points.MAX_POINTS or not np.isfinite(given).all():
        return
    given[:, 2] = given[:, 2] > 0.5
    keep(KEY, replace(settings, points=points.encode(given), step=0, test_share=0))


def _upload(settings: PlaygroundSettings) -> None:
    with st.expander("Points from your own table (CSV)", icon=":material/upload_file:"):
        file = uploads.file_uploader("A CSV file with headings, at most 10 MB", type=["csv"], key=f"{KEY}.file")
        if file is None:
            st.caption("Two columns of numbers become x₁ and x₂; a third says the class, or is a number to predict.")
            return
        try:
            table = uploads.read(points.read_table, file)
            _choose(settings, table)
        except InvalidInputError as error:
            st.error(plain(str(error)), icon=":material/error:")


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
    st.caption(
        f"{len(chosen)} of {table.rows:,} complete rows, spread evenly over the table. Three standard deviations reach "
        "the border of the picture. The points stand in the address; the table itself is not kept."
    )
    changed = replace(settings, step=0, test_share=30)
    if positive is None:
        changed = replace(changed, data="heights", heights=points.encode_heights(chosen))
    else:
        changed = replace(changed, data="points", points=points.encode(chosen))
    st.button("Use these points", type="primary", on_click=keep, args=(KEY, changed), key=f"{KEY}.use")


def _check(settings: PlaygroundSettings) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Compare with PyTorch", icon=":material/verified:", key=f"{KEY}.compare")
        found = st.session_state.get(f"{KEY}.compared")
        if found is not None and found[0] == f"{_run_id(settings)}.{version(KEY)}":
            st.markdown(found[1], width="stretch")
        else:
            st.caption(f"Runs the first {CHECK_STEPS} steps here and in PyTorch, and compares every weight.")
    if pressed:
        st.session_state[f"{KEY}.check"] = st.session_state.get(f"{KEY}.check", 0) + 1
        st.rerun(scope="fragment")


def _take_check() -> None:
    from core.lessons.playground_reference import train

    told = st.session_state["playground.component"].checked
    settings: PlaygroundSettings = st.session_state[f"{KEY}.settings"]
    if not isinstance(told, dict) or told.get("id") != f"{_run_id(settings)}.{version(KEY)}":
        return
    weights, biases = train(settings, CHECK_STEPS)
    ours = np.concatenate([array.ravel() for array in (*weights, *biases)])
    theirs = np.array(told.get("values"), np.float64)
    if ours.shape != theirs.shape:
        return
    largest = float(np.abs(ours - theirs).max())
    said = (
        f"After {CHECK_STEPS} steps all {len(ours):,} weights of the browser and of PyTorch (float32) were compared: "
        f"the largest difference is **{largest:.1e}**."
    )
    st.session_state[f"{KEY}.compared"] = (told["id"], said)


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


@functools.cache
def _component():  # type: ignore[no-untyped-def]  # a Streamlit type that it does not export
    own = [(BROWSER / f"{name}.js").read_text("utf-8") for name in ("network", "drawing", "playground")]
    css = palette_css(".playground") + (BROWSER / "playground.css").read_text("utf-8")
    html = (BROWSER / "playground.html").read_text("utf-8")
    return st.components.v2.component("glassbox_playground", html=html, css=css, js="\n".join([brush.SCRIPT, *own]))


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
