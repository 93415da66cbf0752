"""Beside classical learning: other methods on the splits of a network, as a table and a chart with its curve.

What differs between demos is in a `Beside`, which each demo's page makes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import streamlit as st

from core import demos
from core.contract import MAJORITY, Cost, Ended, Evaluated, Task
from core.experiments.classical.config import Fit, MethodsConfig, data_knobs, in_sentence, pairs, planned
from core.knobs import Config, from_json
from core.plots.classical import Point, methods_figure, methods_info, methods_sentence
from core.plots.words import number
from core.runs.records import Run
from core.service.supervisor import default_max_running
from ui.frame import health
from ui.frame.errors import attempt, show_click_error
from ui.frame.links import page_path, run_query
from ui.frame.services import run_of, store
from ui.frame.style import is_dark
from ui.frame.words import STATES, plain
from ui.runs import train
from ui.runs.live import RunParts, lead_elsewhere, live_part, read_log, run_view
from ui.runs.run_words import side_by_side, waiting
from ui.runs.start import start_run
from ui.widgets import data_panel
from ui.widgets.live_chart import live_chart

NOTHING = "–"
CLICKS = "classical"  # the buttons of this section, whose errors are shown under it
MANY = 10_000  # training examples with which a person should know that it takes long


@dataclass(frozen=True)
class Beside:
    """Which methods stand beside the networks of which demo, and how its page speaks of them."""

    network: str  # demo
    methods: str  # demo
    question: str  # asked before they are measured
    unit: str  # what an example is called: "images"
    data_label: Callable[[Any], str]  # a network's config → its data: "MNIST"
    network_label: Callable[[Any], str]  # a network's config → what it is: "convolutional"
    is_about: Callable[[Any], bool] = lambda config: False  # whether the numbers of examples are estimated

    def config(self, run: Run) -> Any:
        """The config of a network's run."""
        return from_json(demos.task(self.network).Config, run.config)[0]

    def network_config(self, methods: MethodsConfig) -> Config:
        """The config of a network that learns from the examples of these methods; all else is as by default."""
        return demos.task(self.network).Config(**_common(methods, type(methods)))

    def methods_config(self, run: Run) -> Any:
        """The config of a run of methods."""
        return from_json(demos.task(self.methods).Config, run.config)[0]

    def cost(self, methods: MethodsConfig) -> Cost:
        """What it is known by how many examples there are."""
        cost = demos.training(self.network).cost
        assert cost is not None
        return cost(self.network_config(methods))


class Row(NamedTuple):
    """What was measured of one method, or of the network."""

    label: str
    fit: Fit | None  # None: the network
    accuracy: float  # % of the validation examples
    seconds: float | None  # to fit or train
    answer_seconds: float | None  # for each validation example


def train_view(
    task: Task, parts: RunParts, beside: Beside, *, ready: Callable[[Config], bool] = data_panel.show
) -> None:
    """`ui.runs.train.train_view`, which also shows a run of the methods measured beside the demo's networks."""
    run_id = st.query_params.get("run", "")
    if run_of(run_id, task=beside.methods) is None:
        train.train_view(task, parts, ready=ready)
        return

    def alone(run: Run) -> None:
        _results(run, run_of(run.parent, task=beside.network), beside)

    view = RunParts(beside=_nothing, after=_nothing, instead=alone, is_network=False)
    run_view(demos.task(beside.methods), run_id, view)


def section(run: Run, beside: Beside) -> None:
    """Under the curves of a network: a button that measures the methods, or what they reached."""
    st.subheader("Beside classical learning", anchor=False)
    found = measured(run, beside)
    if found is None:
        st.markdown(f"{beside.question}{_warning(wanted(run, beside), beside)}")
        st.button(
            f"Measure classical methods on the same {beside.unit}",
            icon=":material/scatter_plot:",
            on_click=attempt,
            args=(CLICKS, _start, run, beside),
            key="classical.start",
        )
    else:
        live_part(_beside_network, found if run.is_over else run)(found, run, beside)
    show_click_error(CLICKS)


def _warning(config: MethodsConfig, beside: Beside) -> str:
    num_train = beside.cost(config).num_train
    if num_train <= MANY:
        return ""
    many = f"{beside.is_about(config) * 'about '}{num_train:,} training {beside.unit}"
    return f" With {many} this takes some minutes; it can be stopped between two methods."


def measured(run: Run, beside: Beside) -> Run | None:
    """The newest run of classical methods on the data of a network's run that can be shown or resumed."""
    mine = wanted(run, beside)
    shared = _common(mine, type(mine))
    runs = store().find(task=beside.methods, states=["completed", "running", "queued", "stopped"])
    same = [other for other in runs if _common(beside.methods_config(other), type(mine)) == shared]
    return next((other for other in same if other.state == "completed"), next(iter(same), None))


def _common(config: Config, methods_type: type[MethodsConfig]) -> dict[str, Any]:
    """The knobs in which two runs must agree to be compared."""
    return {name: getattr(config, name) for name in data_knobs(methods_type)}


def wanted(run: Run, beside: Beside) -> MethodsConfig:
    """The methods that belong beside a network's run."""
    methods_type = demos.task(beside.methods).Config
    assert issubclass(methods_type, MethodsConfig)
    return methods_type(**_common(beside.config(run), methods_type))


def rows_of(run: Run, config: MethodsConfig) -> list[Row]:
    """A row for each fit of a run of classical methods, in their order."""
    evaluated = [event for event in read_log(run).events if isinstance(event, Evaluated)]
    rows = []
    for before, event in pairwise(evaluated):
        fit = planned(config, event.step - 1)
        again = f" (seed {fit.seed})" if fit.seed != config.seed else ""
        seconds = (event.trained_seconds or 0) - (before.trained_seconds or 0)
        rows.append(Row(fit.label + again, fit, event.metrics["accuracy"], seconds, event.answer_seconds))
    return rows


def network_row(run: Run, beside: Beside) -> Row | None:
    """The best evaluation of a network's run, with the time of its whole training so far; None before the first."""
    evaluated = [event for event in read_log(run).events if isinstance(event, Evaluated)]
    if not evaluated or not evaluated[-1].step:
        return None
    best = max(evaluated, key=lambda event: event.metrics["accuracy"])
    return Row(
        f"This network ({beside.network_label(beside.config(run))})",
        None,
        best.metrics["accuracy"],
        evaluated[-1].trained_seconds,
        best.answer_seconds,
    )


def _start(run: Run, beside: Beside) -> None:
    start_run(demos.task(beside.methods), wanted(run, beside), parent=run.id)


def _do(act: Callable[[str], object], run_id: str) -> None:
    attempt(CLICKS, act, run_id)
    lead_elsewhere()


def _beside_network(shown: Run, network: Run, beside: Beside) -> None:
    run = store().get(shown.id)
    if (run.state, run.deleted_at) != (shown.state, shown.deleted_at):
        st.rerun(scope="app")
    if run.state != "completed":
        _standing(run, beside.methods_config(run))
    _results(run, store().get(network.id), beside)
    st.page_link(
        page_path(beside.network),
        label=f"Measured in run {run.id}",
        query_params=run_query(run.id),
        icon=":material/open_in_full:",
    )


def _standing(run: Run, config: MethodsConfig) -> None:
    """How far the fits are, and Stop or Resume."""
    done = len(rows_of(run, config))
    total = sum(run.phases)
    if run.state == "running":
        words = f"{planned(config, done).label} · {done} of {total} fitted" if done < total else "testing the best"
        st.progress(done / total, words if run.status == "training" else f"{run.status} …")
    elif run.state == "queued":
        place = store().places(max_running=default_max_running()).get(run.id)
        st.info("Waiting." if place is None else f"{waiting(place)}.", icon=STATES["queued"][2])
        if said := health.no_start():
            st.warning(plain(said), icon=":material/warning:")
    else:
        st.info(f"Stopped after {done} of {total}.", icon=STATES["stopped"][2])
    act: Callable[[str], object] = store().resume if run.is_over else store().request_stop
    if run.is_over:
        label, icon, key = "Go on", "play_arrow", "classical.resume"
    else:
        label, icon, key = ("Stopping …" if run.stop_requested else "Stop"), "stop", "classical.request_stop"
    st.button(
        label,
        icon=f":material/{icon}:",
        disabled=run.stop_requested and not run.is_over,
        on_click=_do,
        args=(act, run.id),
        key=key,
        help="What is fitted is kept; the method that is being fitted begins again." if not run.is_over else None,
    )


def _results(run: Run, network: Run | None, beside: Beside) -> None:
    """Table, chart and what they say, as far as the fits are."""
    config = beside.methods_config(run)
    rows = rows_of(run, config)
    if not rows:
        st.caption("The first result comes in a few seconds.")
        return
    own = network_row(network, beside) if network is not None else None
    left, right = st.columns(2, gap="large")
    with left:
        _table([*rows, *([own] if own else [])])
        st.caption(_how_measured(config, beside))
    with right:
        _chart(run, rows, config, network)
    _tested(run, rows, network, beside)


def _chart(run: Run, rows: list[Row], config: MethodsConfig, network: Run | None) -> None:
    plainer, other = config.FEATURES
    points = [
        Point(config.METHODS[row.fit.method], row.fit.features == other, row.label, row.seconds or 0, row.accuracy)
        for row in rows
        if row.fit is not None
    ]
    info = methods_info(_curve(network) if network is not None else [], points)
    live_chart(
        methods_figure(info, dark=is_dark(), uirevision=run.id), key="classical.chart", alt=methods_sentence(info)
    )
    st.caption(f"Open marks read {in_sentence(config, plainer)}, filled ones {in_sentence(config, other)}.")


def _curve(network: Run) -> list[tuple[float, float]]:
    return [
        (event.trained_seconds, event.metrics["accuracy"])
        for event in read_log(network).events
        if isinstance(event, Evaluated) and event.trained_seconds is not None
    ]


def _table(rows: list[Row]) -> None:
    """All rows, the best first."""
    ordered = sorted(rows, key=lambda row: row.accuracy, reverse=True)
    best = ordered[0].accuracy
    st.table(
        {
            "Method": [f"**{row.label}**" if row.fit is None else row.label for row in ordered],
            "Accuracy": [number(row.accuracy, "%") + (" (best)" if row.accuracy == best else "") for row in ordered],
            "Training": [NOTHING if row.seconds is None else number(row.seconds, "s") for row in ordered],
            "Answer": [
                NOTHING if row.answer_seconds is None else number(1000 * row.answer_seconds, "ms") for row in ordered
            ],
        },
        border="horizontal",
        hide_index=True,
    )


def _how_measured(config: MethodsConfig, beside: Beside) -> str:
    cost, about = beside.cost(config), "about " * beside.is_about(config)
    capped = any(method == "svm" for method, _ in pairs(config)) and cost.num_train > config.svm_examples
    return (
        f"Accuracy on the same {about}{cost.num_validation:,} validation {beside.unit} ({beside.data_label(config)}); "
        f"time of an answer in a batch of them. The methods learn from the network's {about}{cost.num_train:,} "
        f"training {beside.unit}, as they are, on one processor thread"
        + (
            f"; the SVM, whose time grows with their square, from {config.svm_examples:,} of them drawn at random."
            if capped
            else "."
        )
    )


def _tested(run: Run, rows: list[Row], network: Run | None, beside: Beside) -> None:
    """What the best method and the network reach on examples that chose neither."""
    if "accuracy" not in run.metrics or not any(isinstance(event, Ended) for event in read_log(run).events):
        return
    best = max(rows, key=lambda row: row.accuracy)  # the first of equals, as the training chooses
    config = beside.methods_config(run)
    accuracies = {best.label: run.metrics["accuracy"]}
    if network is not None and "accuracy" in network.metrics:
        accuracies["this network"] = network.metrics["accuracy"]
    about, count = "about " * beside.is_about(config), beside.cost(config).num_test
    figures = side_by_side(accuracies, run.metrics.get(MAJORITY.name), num_test=None if about else count)
    st.markdown(
        f"On the {about}{count:,} test {beside.unit} ({beside.data_label(config)}), none of which was used for "
        f"training or choosing: {figures}"
    )


def _nothing(run: Run) -> None:
    pass
