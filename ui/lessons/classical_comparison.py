"""Place 8: machine learning beside deep learning, as a table of what finished runs have measured on this machine."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core import demos
from core.contract import Evaluated, Stepped
from core.data import registry
from core.experiments.classical.config import MethodsConfig, in_sentence, planned
from core.knobs import Config
from core.plots.words import number
from core.runs.records import Run
from ui.frame.demo_pages import run_page
from ui.frame.errors import attempt, show_click_error
from ui.frame.links import page_path, run_query
from ui.frame.services import store
from ui.frame.words import duration, plain, size, standing
from ui.lessons.place import Place, Question
from ui.runs import classical, models
from ui.runs.live import live_part
from ui.runs.start import start_run

KEY = "beside"
NOTHING = "–"
FLOAT_BYTES = 4  # of a weight while it is trained
ROWS = ("Model", "Features", "Learned from", "Training", "One answer", "Size", "Right")


@dataclass(frozen=True)
class Kind:
    """A kind of data, and where its measurements come from."""

    title: str
    icon: str
    raw: str  # what its networks read
    beside: classical.Beside
    release: str  # id of the release model that stands beside them


@functools.cache
def _kinds() -> tuple[Kind, ...]:
    from ui.demos.digits import training as digits  # the canvas cannot be imported outside an app
    from ui.demos.sentiment import training as sentiment
    from ui.demos.voice import training as voice

    return (
        Kind("Images", ":material/image:", "pixels", digits.BESIDE, "release"),
        Kind(
            "Sound", ":material/graphic_eq:", "the log-mel spectrum", voice.BESIDE, "release"
        ),
        Kind(
            "Text", ":material/notes:", "words and pieces of words, in order", sentiment.BESIDE, "small"
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """A column of a table: one model, each value in words in the order of `ROWS`."""

    values: tuple[str, ...]
    accuracy: float  # % of test examples


def show() -> Sequence[str]:
    """Draw the place; returns what was seen."""
    st.markdown(
        "**Machine learning**, as it was: people think up **features**, numbers that describe a picture, a sound or a "
        "text, and a simple method learns from those. **Deep learning**: a network gets the raw data and finds the "
        "features by itself, layer by layer. The first two columns were measured in runs on this machine."
    )
    seen = [sentence for kind in _kinds() if (sentence := _kind(kind))]
    show_click_error(KEY)
    st.caption(
        "Right: of test examples that were neither learned from nor used to choose anything. One answer: its share of "
        "the time in which all validation examples are answered together. Size: all arrays that a classical method "
        "keeps; of a network, its weights with 4 bytes each. The release models were trained once, on the machine that "
        "their cards name, with more data and time, and are kept with 2 bytes a weight; their figures are those of "
        "their own test sets."
    )
    return seen or ["Nothing is measured yet: start the runs above, then this compares them."]


def _kind(kind: Kind) -> str | None:
    """Table of one kind of data, and what is missing in it; returns the comparison in words, if there is one."""
    st.subheader(f"{kind.icon} {kind.title}", anchor=False)
    network, methods = _newest(kind.beside)
    left = None if methods is None else _of_methods(methods, kind)
    middle = None if network is None else _of_network(network, kind)
    empty = (NOTHING,) * len(ROWS)
    st.table(
        {
            "": [f"**{row}**" for row in ROWS],
            "Machine learning": left.values if left else ("not measured yet", *empty[1:]),
            "Deep learning": middle.values if middle else ("not trained yet", *empty[1:]),
            "Release model": _of_release(kind),
        },
        border="horizontal",
        hide_index=True,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        _way(network, kind.beside.network, "Train a network", _network_config(methods, kind.beside), kind)
        _way(methods, kind.beside.methods, "Measure classical methods", _methods_config(network, kind.beside), kind)
    return _compared(kind, left, middle)


def _newest(beside: classical.Beside) -> tuple[Run | None, Run | None]:
    """A completed run of a network and one of methods on the same examples; else the newest of each."""
    networks = store().find(task=beside.network, states=["completed"], limit=50)
    networks = [run for run in networks if "accuracy" in run.metrics]
    for network in networks:
        methods = classical.measured(network, beside)
        if methods is not None and methods.state == "completed":
            return network, methods
    methods_runs = store().find(task=beside.methods, states=["completed"], limit=1)
    return next(iter(networks), None), next(iter(methods_runs), None)


def _network_config(methods: Run | None, beside: classical.Beside) -> Config:
    """A network on what the methods have learned from; the default one where there are none."""
    return (
        demos.task(beside.network).Config()
        if methods is None
        else beside.network_config(beside.methods_config(methods))
    )


def _methods_config(network: Run | None, beside: classical.Beside) -> Config:
    """Methods on what the network has learned from."""
    return demos.task(beside.methods).Config() if network is None else classical.wanted(network, beside)


def _of_methods(run: Run, kind: Kind) -> Measured:
    """The method that was best on validation."""
    config: MethodsConfig = kind.beside.methods_config(run)
    best = max(classical.rows_of(run, config), key=lambda row: row.accuracy)
    assert best.fit is not None
    sizes = {
        event.step: event.metrics["bytes"]
        for _, event in store().events(run.id, kinds=[Stepped])
        if isinstance(event, Stepped) and "bytes" in event.metrics
    }
    step = next((step for step in sizes if planned(config, step - 1) == best.fit), None)
    values = (
        best.label,
        f"made by people: {in_sentence(config, best.fit.features)}",
        _learned_from(config, kind),
        NOTHING if best.seconds is None else _time(best.seconds),
        _answer(best.answer_seconds),
        NOTHING if step is None else size(sizes[step]),
        _right(run.metrics["accuracy"], config, kind),
    )
    return Measured(values, run.metrics["accuracy"])


def _of_network(run: Run, kind: Kind) -> Measured:
    config = kind.beside.config(run)
    evaluated = [e for _, e in store().events(run.id, kinds=[Evaluated]) if isinstance(e, Evaluated)]
    last = evaluated[-1] if evaluated else None
    parameters = run.num_parameters
    values = (
        f"{kind.beside.network_label(config)}, run {run.id}",
        f"found by itself in {kind.raw}",
        _learned_from(config, kind),
        NOTHING if last is None or last.trained_seconds is None else _time(last.trained_seconds),
        _answer(last.answer_seconds if last else None),
        NOTHING if parameters is None else f"{size(FLOAT_BYTES * parameters)}, {parameters:,} weights",
        _right(run.metrics["accuracy"], config, kind),
    )
    return Measured(values, run.metrics["accuracy"])


def _of_release(kind: Kind) -> tuple[str, ...]:
    demo = demos.find(kind.beside.network)
    card = demo.releases[kind.release].card
    return (
        f"of page {demo.title}",
        f"found by itself in {kind.raw}",
        card["trained_on"],
        duration(60 * card["minutes"]),
        NOTHING,
        f"{size(card['bytes'])}, {card['parameters']:,} weights",
        models.figure(demo.releases[kind.release]),
    )


def _learned_from(config: Any, kind: Kind) -> str:
    cost, about = _cost(config, kind), "about " * kind.beside.is_about(config)
    return f"{about}{cost.num_train:,} {kind.beside.unit} ({kind.beside.data_label(config)})"


def _right(accuracy: float, config: Any, kind: Kind) -> str:
    about = "about " * kind.beside.is_about(config)
    return f"{number(accuracy, '%')} of {about}{_cost(config, kind).num_test:,} test {kind.beside.unit}"


def _cost(config: Any, kind: Kind) -> Any:
    if isinstance(config, MethodsConfig):
        return kind.beside.cost(config)
    cost = demos.training(kind.beside.network).cost
    assert cost is not None
    return cost(config)


def _time(seconds: float) -> str:
    return number(seconds, "s") if seconds < 100 else duration(seconds)


def _answer(seconds: float | None) -> str:
    return NOTHING if seconds is None else number(1000 * seconds, "ms")


def _compared(kind: Kind, left: Measured | None, middle: Measured | None) -> str | None:
    if left is None or middle is None:
        return None
    gain = middle.accuracy - left.accuracy
    who = "the network is" if gain > 0 else "the classical method is"
    ahead = f"{who} {abs(gain):.1f} percentage points ahead" if abs(gain) >= 0.05 else "both are level"
    same = "" if left.values[2] == middle.values[2] else " They learned from different examples."
    return (
        f"**{kind.title}**: {left.values[0]} {number(left.accuracy, '%')} after {left.values[3]}, the network "
        f"{number(middle.accuracy, '%')} after {middle.values[3]} of training: {ahead}.{same}"
    )


def _way(done: Run | None, task_name: str, label: str, config: Config, kind: Kind) -> None:
    """To the run whose figures stand in the table; else to one under way, or a button that starts one."""
    if done is not None:
        name = "network" if task_name == kind.beside.network else "methods"
        st.page_link(
            run_page(task_name),
            label=f"The {name}: run {done.id}",
            query_params=run_query(done.id),
            icon=":material/open_in_full:",
        )
        return
    under_way = store().find(task=task_name, states=["running", "queued"], limit=1)
    if under_way:
        live_part(_under_way, under_way[0])(under_way[0])
    elif registry.find(getattr(config, "data", "")).is_here():
        st.button(
            label,
            icon=":material/play_arrow:",
            on_click=attempt,
            args=(KEY, start_run, demos.task(task_name), config),
            key=f"beside.{task_name}",
        )
    else:
        st.page_link(
            page_path(kind.beside.network),
            label=f"{label}: get the data on page {demos.find(kind.beside.network).title} first",
            query_params={"view": "train"},
            icon=":material/download:",
        )


def _under_way(shown: Run) -> None:
    run = store().get(shown.id)
    if run.state != shown.state:
        st.rerun(scope="app")
    st.page_link(
        run_page(run.task),
        label=f"{plain(run.title)}: {standing(run) or run.status or 'waiting'}",
        query_params=run_query(run.id),
        icon=":material/progress_activity:",
    )


PLACE = Place(
    name=KEY,
    title="Machine learning beside deep learning",
    icon=":material/balance:",
    sentence="The same examples, learned in two ways: what each needs, and how good it gets.",
    question=Question(
        text="Good film or bad film? 7,000 short reviews to learn from, nothing read before. Who is right more often?",
        answers=("A transformer that reads word by word", "Whoever counts words, in no order", "Both alike"),
        right="Whoever counts words, in no order",
        because="From so few sentences a network does not find out what thousands of words mean; a count needs only "
        "to know which of them stand in good reviews. With many more texts, or after having read much before, networks "
        "get ahead: page Sentiment has both.",
    ),
    show=show,
)
