"""A network compared with classical methods on the same splits: a table of them, and a chart with its curve.

What differs between demos is in their `Comparison`.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import streamlit as st

from core import demos
from core.contract import MAJORITY, Cost, Ended, Evaluated, Task
from core.demo import Comparison, Demo
from core.experiments.classical.config import Fit, MethodsConfig, data_knobs, in_sentence, pairs, planned
from core.knobs import Config
from core.plots.classical import Point, methods_figure, methods_info, methods_sentence
from core.plots.words import number
from core.runs.records import Run
from core.service.supervisor import default_max_running
from ui.frame import health
from ui.frame.demo_pages import run_link
from ui.frame.errors import action, show_click_error
from ui.frame.services import config_of, run_of, store
from ui.frame.style import is_dark
from ui.frame.words import NOTHING, STATES, plain
from ui.runs import train
from ui.runs.live import RunParts, lead_elsewhere, live_part, run_view, told
from ui.runs.run_words import side_by_side, waiting
from ui.runs.start import resume, start_run
from ui.widgets import data_panel
from ui.widgets.live_chart import live_chart

CLICKS = "classical"  # the buttons of this section, whose errors are shown under it
MANY = 10_000  # training examples with which a person should know that it takes long


class Row(NamedTuple):
    """What was measured of one method, or of the network."""

    label: str
    fit: Fit | None  # None: the network
    accuracy: float  # % of the validation examples
    seconds: float | None  # to fit or train
    answer_seconds: float | None  # for each validation example


def train_view(task: Task, parts: RunParts, *, ready: Callable[[Config], bool] = data_panel.show) -> None:
    """`ui.runs.train.train_view`, which also shows a run of the methods that the demo's networks are compared with."""
    demo, run_id = demos.find(task.name), st.query_params.get("run", "")
    if demo.comparison is None or run_of(run_id, task=demo.comparison.methods) is None:
        train.train_view(task, parts, ready=ready)
        return

    def alone(run: Run) -> None:
        _results(run, run_of(run.parent, task=task.name), demo)

    run_view(demos.task(demo.comparison.methods), run_id, RunParts(instead=alone))


def section(run: Run) -> None:
    """Under the curves of a network: a button that measures the methods, or what they reached; if it is compared."""
    demo, config = demos.find(run.task), config_of(run)
    if demo.comparison is None or not demo.comparison.applies(config):
        return
    st.subheader("Beside classical learning", anchor=False)
    found = measured(run)
    if found is None:
        st.markdown(f"{demo.comparison.question}{_warning(config, demo)}")
        label = f"Measure classical methods on the same {demo.page.examples}"
        action(CLICKS, label, "scatter_plot", _start, run, key="classical.start")
    else:
        live_part(_with_network, found if run.is_over else run)(found, run)
    show_click_error(CLICKS)


def _warning(config: Config, demo: Demo) -> str:
    if cost_of(config, demo).num_train <= MANY:
        return ""
    return f" With {examples(config, demo, 'training')} this takes some minutes; it can be stopped between two methods."


def comparison_of(demo: Demo) -> Comparison:
    """How a demo's networks are compared, of one that is."""
    assert demo.comparison is not None, demo.name
    return demo.comparison


def measured(run: Run) -> Run | None:
    """The newest run of classical methods on the data of a network's run that can be shown or resumed."""
    mine = wanted(run)
    shared = _common(mine, type(mine))
    methods = comparison_of(demos.find(run.task)).methods
    runs = store().find(task=methods, states=["completed", "running", "queued", "stopped"])
    same = [other for other in runs if _common(config_of(other), type(mine)) == shared]
    return next((other for other in same if other.state == "completed"), next(iter(same), None))


def _common(config: Config, methods_type: type[MethodsConfig]) -> dict[str, Any]:
    """The knobs in which two runs must agree to be compared."""
    return {name: getattr(config, name) for name in data_knobs(methods_type)}


def wanted(run: Run) -> MethodsConfig:
    """The methods that a network's run is compared with."""
    methods_type = demos.task(comparison_of(demos.find(run.task)).methods).Config
    assert issubclass(methods_type, MethodsConfig)
    return methods_type(**_common(config_of(run), methods_type))


def network_config(config: Config, demo: Demo) -> Config:
    """The config of a network that learns from the examples of these methods; of a network, its own."""
    return demo.task.Config(**_common(config, type(config))) if isinstance(config, MethodsConfig) else config


def cost_of(config: Config, demo: Demo) -> Cost:
    """What is known of a network or of the methods by how many examples there are."""
    assert demo.training is not None
    assert demo.training.cost is not None
    return demo.training.cost(network_config(config, demo))


def examples(config: Config, demo: Demo, split: str) -> str:
    """How many examples a split has: "about 30,800 training clips", "1,000 test images"."""
    cost = cost_of(config, demo)
    count = {"training": cost.num_train, "validation": cost.num_validation, "test": cost.num_test}[split]
    return f"{'about ' * comparison_of(demo).is_estimated(config)}{count:,} {split} {demo.page.examples}"


def rows_of(run: Run) -> list[Row]:
    """A row for each fit of a run of classical methods, in their order."""
    config: MethodsConfig = config_of(run)
    evaluated = told(run, Evaluated)
    rows = []
    for before, event in pairwise(evaluated):
        fit = planned(config, event.step - 1)
        again = f" (seed {fit.seed})" if fit.seed != config.seed else ""
        seconds = (event.trained_seconds or 0) - (before.trained_seconds or 0)
        rows.append(Row(fit.label + again, fit, event.metrics["accuracy"], seconds, event.answer_seconds))
    return rows


def network_row(run: Run) -> Row | None:
    """The best evaluation of a network's run, with the time of its whole training so far; None before the first."""
    evaluated = told(run, Evaluated)
    if not evaluated or not evaluated[-1].step:
        return None
    best = max(evaluated, key=lambda event: event.metrics["accuracy"])
    return Row(
        f"This network ({comparison_of(demos.find(run.task)).network_label(config_of(run))})",
        None,
        best.metrics["accuracy"],
        evaluated[-1].trained_seconds,
        best.answer_seconds,
    )


def _start(run: Run) -> None:
    start_run(demos.task(comparison_of(demos.find(run.task)).methods), wanted(run), parent=run.id)


def _do(act: Callable[[str], object], run_id: str) -> None:
    lead_elsewhere()
    act(run_id)


def _with_network(shown: Run, network: Run) -> None:
    run = store().get(shown.id)
    if (run.state, run.deleted_at) != (shown.state, shown.deleted_at):
        st.rerun(scope="app")
    if run.state != "completed":
        _standing(run)
    _results(run, store().get(network.id), demos.find(network.task))
    run_link(run, f"Measured in run {run.id}", icon=":material/open_in_full:")


def _standing(run: Run) -> None:
    """How far the fits are, and Stop or Resume."""
    done = len(rows_of(run))
    total = sum(run.phases)
    if run.state == "running":
        words = (
            f"{planned(config_of(run), done).label} · {done} of {total} fitted" if done < total else "testing the best"
        )
        st.progress(done / total, words if run.status == "training" else f"{run.status} …")
    elif run.state == "queued":
        place = store().places(max_running=default_max_running()).get(run.id)
        st.info("Waiting." if place is None else f"{waiting(place)}.", icon=STATES["queued"][2])
        if said := health.no_start():
            st.warning(plain(said), icon=":material/warning:")
    else:
        st.info(f"Stopped after {done} of {total}.", icon=STATES["stopped"][2])
    if run.is_over:
        action(CLICKS, "Go on", "play_arrow", _do, resume, run.id, key="classical.resume")
        return
    action(
        CLICKS,
        "Stopping …" if run.stop_requested else "Stop",
        "stop",
        _do,
        store().request_stop,
        run.id,
        key="classical.request_stop",
        disabled=run.stop_requested,
        help="What is fitted is kept; the method that is being fitted begins again.",
    )


def _results(run: Run, network: Run | None, demo: Demo) -> None:
    """Table, chart and what they say, as far as the fits are."""
    config: MethodsConfig = config_of(run)
    rows = rows_of(run)
    if not rows:
        st.caption("The first result comes in a few seconds.")
        return
    own = network_row(network) if network is not None else None
    left, right = st.columns(2, gap="large")
    with left:
        _table([*rows, *([own] if own else [])])
        st.caption(_how_measured(config, demo))
    with right:
        _chart(run, rows, config, network)
    _tested(run, rows, network, demo)


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
        for event in told(network, Evaluated)
        if event.trained_seconds is not None
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


def _how_measured(config: MethodsConfig, demo: Demo) -> str:
    is_svm = any(method == "svm" for method, _ in pairs(config))
    capped = is_svm and cost_of(config, demo).num_train > config.svm_examples
    return (
        f"Accuracy on the same {examples(config, demo, 'validation')} ({comparison_of(demo).data_label(config)}); "
        f"time of an answer in a batch of them. The methods learn from the network's "
        f"{examples(config, demo, 'training')}, as they are, on one processor thread"
        + (
            f"; the SVM, whose time grows with their square, from {config.svm_examples:,} of them drawn at random."
            if capped
            else "."
        )
    )


def _tested(run: Run, rows: list[Row], network: Run | None, demo: Demo) -> None:
    """What the best method and the network reach on examples that chose neither."""
    if "accuracy" not in run.metrics or not told(run, Ended):
        return
    best = max(rows, key=lambda row: row.accuracy)  # the first of equals, as the training chooses
    config, how = config_of(run), comparison_of(demo)
    accuracies = {best.label: run.metrics["accuracy"]}
    if network is not None and "accuracy" in network.metrics:
        accuracies["this network"] = network.metrics["accuracy"]
    num_test = None if how.is_estimated(config) else cost_of(config, demo).num_test
    st.markdown(
        f"On the {examples(config, demo, 'test')} ({how.data_label(config)}), none of which was used for training or "
        f"choosing: {side_by_side(accuracies, run.metrics.get(MAJORITY.name), num_test=num_test)}"
    )
