"""Place 8: machine learning beside deep learning, as a table of what finished runs have measured on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core import demos
from core.contract import Evaluated, Stepped, Task
from core.data import registry
from core.demo import Demo
from core.experiments.classical.config import MethodsConfig, in_sentence, planned
from core.knobs import Config
from core.plots.words import number
from core.runs.records import Run
from ui.frame.demo_pages import run_link
from ui.frame.errors import action, show_click_error
from ui.frame.links import page_path
from ui.frame.services import config_of, store
from ui.frame.words import NOTHING, duration, plain, size, standing
from ui.lessons.place import Place, Question
from ui.runs import classical, models
from ui.runs.live import live_part
from ui.runs.start import start_run

KEY = "beside"
FLOAT_BYTES = 4  # of a weight while it is trained
ROWS = ("Model", "Features", "Learned from", "Training", "One answer", "Size", "Right")


@dataclass(frozen=True)
class Column:
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
    compared = [demo for demo in map(demos.find, demos.names()) if demo.comparison is not None]
    seen = [sentence for demo in compared if (sentence := _kind(demo))]
    show_click_error(KEY)
    st.caption(
        "Right: of test examples that were neither learned from nor used to choose anything. One answer: its share of "
        "the time in which all validation examples are answered together. Size: all arrays that a classical method "
        "keeps; of a network, its weights with 4 bytes each. The release models were trained once, on the machine that "
        "their cards name, with more data and time, and are kept with 2 bytes a weight; their figures are those of "
        "their own test sets."
    )
    return seen or ["Nothing is measured yet: start the runs above, then this compares them."]


def _kind(demo: Demo) -> str | None:
    """Table of one kind of data, and what is missing in it; returns the comparison in words, if there is one."""
    how = classical.comparison_of(demo)
    st.subheader(f"{how.icon} {how.kind}", anchor=False)
    network, methods = _newest(demo)
    left = None if methods is None else _of_methods(methods, demo)
    middle = None if network is None else _of_network(network, demo)
    empty = (NOTHING,) * len(ROWS)
    st.table(
        {
            "": [f"**{row}**" for row in ROWS],
            "Machine learning": left.values if left else ("not measured yet", *empty[1:]),
            "Deep learning": middle.values if middle else ("not trained yet", *empty[1:]),
            "Release model": _of_release(demo),
        },
        border="horizontal",
        hide_index=True,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        of_network, of_methods = demo.task, demos.task(how.methods)
        learned = of_network.Config() if methods is None else classical.network_config(config_of(methods), demo)
        _way(network, of_network, "Train a network", learned, demo)
        fitted = of_methods.Config() if network is None else classical.wanted(network)
        _way(methods, of_methods, "Measure classical methods", fitted, demo)
    return _compared(how.kind, left, middle)


def _newest(demo: Demo) -> tuple[Run | None, Run | None]:
    """A completed run of a network and one of methods on the same examples; else the newest of each."""
    networks = store().find(task=demo.name, states=["completed"], limit=50)
    networks = [run for run in networks if "accuracy" in run.metrics]
    for network in networks:
        methods = classical.measured(network)
        if methods is not None and methods.state == "completed":
            return network, methods
    methods_runs = store().find(task=classical.comparison_of(demo).methods, states=["completed"], limit=1)
    return next(iter(networks), None), next(iter(methods_runs), None)


def _of_methods(run: Run, demo: Demo) -> Column:
    """The method that was best on validation."""
    config: MethodsConfig = config_of(run)
    best = max(classical.rows_of(run), key=lambda row: row.accuracy)
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
        _learned_from(config, demo),
        NOTHING if best.seconds is None else _time(best.seconds),
        _answer(best.answer_seconds),
        NOTHING if step is None else size(sizes[step]),
        _right(run.metrics["accuracy"], config, demo),
    )
    return Column(values, run.metrics["accuracy"])


def _of_network(run: Run, demo: Demo) -> Column:
    config, how = config_of(run), classical.comparison_of(demo)
    evaluated = [e for _, e in store().events(run.id, kinds=[Evaluated]) if isinstance(e, Evaluated)]
    last = evaluated[-1] if evaluated else None
    parameters = run.num_parameters
    values = (
        f"{how.network_label(config)}, run {run.id}",
        f"found by itself in {how.raw}",
        _learned_from(config, demo),
        NOTHING if last is None or last.trained_seconds is None else _time(last.trained_seconds),
        _answer(last.answer_seconds if last else None),
        NOTHING if parameters is None else f"{size(FLOAT_BYTES * parameters)}, {parameters:,} weights",
        _right(run.metrics["accuracy"], config, demo),
    )
    return Column(values, run.metrics["accuracy"])


def _of_release(demo: Demo) -> tuple[str, ...]:
    how = classical.comparison_of(demo)
    card = demo.releases[how.release].card
    return (
        f"of page {demo.title}",
        f"found by itself in {how.raw}",
        card["trained_on"],
        duration(60 * card["minutes"]),
        NOTHING,
        f"{size(card['bytes'])}, {card['parameters']:,} weights",
        models.figure(demo.releases[how.release]),
    )


def _learned_from(config: Config, demo: Demo) -> str:
    data = classical.comparison_of(demo).data_label(config)
    return f"{classical.examples(config, demo, 'training').replace(' training ', ' ')} ({data})"


def _right(accuracy: float, config: Config, demo: Demo) -> str:
    return f"{number(accuracy, '%')} of {classical.examples(config, demo, 'test')}"


def _time(seconds: float) -> str:
    return number(seconds, "s") if seconds < 100 else duration(seconds)


def _answer(seconds: float | None) -> str:
    return NOTHING if seconds is None else number(1000 * seconds, "ms")


def _compared(kind: str, left: Column | None, middle: Column | None) -> str | None:
    if left is None or middle is None:
        return None
    gain = middle.accuracy - left.accuracy
    who = "the network is" if gain > 0 else "the classical method is"
    ahead = f"{who} {abs(gain):.1f} percentage points ahead" if abs(gain) >= 0.05 else "both are level"
    same = "" if left.values[2] == middle.values[2] else " They learned from different examples."
    return (
        f"**{kind}**: {left.values[0]} {number(left.accuracy, '%')} after {left.values[3]}, the network "
        f"{number(middle.accuracy, '%')} after {middle.values[3]} of training: {ahead}.{same}"
    )


def _way(done: Run | None, task: Task, label: str, config: Config, demo: Demo) -> None:
    """To the run whose figures stand in the table; else to one under way, or a button that starts one."""
    if done is not None:
        name = "network" if task.name == demo.name else "methods"
        run_link(done, f"The {name}: run {done.id}", icon=":material/open_in_full:")
        return
    under_way = store().find(task=task.name, states=["running", "queued"], limit=1)
    if under_way:
        live_part(_under_way, under_way[0])(under_way[0])
    elif registry.find(getattr(config, "data", "")).is_here():
        action(KEY, label, "play_arrow", start_run, task, config, key=f"beside.{task.name}")
    else:
        st.page_link(
            page_path(demo.name),
            label=f"{label}: get the data on page {demo.title} first",
            query_params={"view": "train"},
            icon=":material/download:",
        )


def _under_way(shown: Run) -> None:
    run = store().get(shown.id)
    if run.state != shown.state:
        st.rerun(scope="app")
    run_link(
        run, f"{plain(run.title)}: {standing(run) or run.status or 'waiting'}", icon=":material/progress_activity:"
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
