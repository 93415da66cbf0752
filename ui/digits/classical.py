"""Beside classical learning: other methods on the splits of a digit network, as a table and a chart with its curve."""

from itertools import pairwise
from typing import Any, NamedTuple

import streamlit as st

from core import demos
from core.contract import Ended, Evaluated
from core.data import sources
from core.demos.classical.config import FEATURES, METHODS, ClassicalConfig, Fit, pairs, planned
from core.demos.digits.config import DigitsConfig
from core.demos.digits.cost import NUM_EXAMPLES, num_examples
from core.errors import GlassboxError, NotFoundError
from core.knobs import from_json
from core.plots.methods import Point, methods_figure, methods_info, methods_sentence
from core.plots.words import number
from core.runs.records import Run
from core.service import launch
from core.service.supervisor import default_max_running
from ui.links import page_path, run_query
from ui.live import RunParts, live_part, read_log
from ui.live_chart import live_chart
from ui.run_words import waiting
from ui.services import owner, store
from ui.style import is_dark
from ui.words import STATES, plain

SAME = ("data", "share", "seed")  # knobs that two runs must share to be compared
NETWORKS = {"cnn": "This network (convolutional)", "plain": "This network (plain)"}
NOTHING = "–"
ERROR = "classical.error"
MANY = 10_000  # training images with which a person should know that it takes long


class Row(NamedTuple):
    """What was measured of one method, or of the network."""

    label: str
    fit: Fit | None  # None: the network
    accuracy: float  # % of the validation images
    seconds: float | None  # to fit or train
    answer_seconds: float | None  # for each validation image


def parts() -> RunParts:
    """The view of a run of classical methods."""
    return RunParts(beside=_nothing, after=_nothing, instead=_methods_alone, is_network=False)


def is_one(run_id: str) -> bool:
    """Whether the run of that id measures classical methods."""
    return _find(run_id, "classical") is not None


def section(run: Run) -> None:
    """Under the curves of a network: a button that measures the methods, or what they reached."""
    st.subheader("Beside classical learning", anchor=False)
    found = beside(run)
    if found is None:
        st.markdown(
            "How far do nearest neighbours, logistic regression, a random forest and an SVM get on the same images? "
            f"Each reads the pixels, then gradient histograms.{_warning(run)}"
        )
        st.button(
            "Measure classical methods on the same data",
            icon=":material/scatter_plot:",
            on_click=_start,
            args=(run,),
            key="classical.start",
        )
    else:
        live_part(_beside_network, found if run.is_over else run)(found, run)
    if message := st.session_state.pop(ERROR, None):
        st.error(message, icon=":material/error:")


def _warning(run: Run) -> str:
    num_train = num_examples(from_json(DigitsConfig, run.config)[0])
    if num_train <= MANY:
        return ""
    return f" With {num_train:,} training images this takes some minutes; it can be stopped between two methods."


def beside(run: Run) -> Run | None:
    """The newest run of classical methods on the data of a network's run that can be shown or resumed."""
    wanted = _common(run)
    runs = store().find(task="classical", states=["completed", "running", "queued", "stopped"])
    same = [other for other in runs if _common(other) == wanted]
    return next((other for other in same if other.state == "completed"), next(iter(same), None))


def rows_of(run: Run) -> list[Row]:
    """A row for each fit of a run of classical methods, in their order."""
    config = _config(run)
    evaluated = [event for event in read_log(run).events if isinstance(event, Evaluated)]
    rows = []
    for before, event in pairwise(evaluated):
        fit = planned(config, event.step - 1)
        again = f" (seed {fit.seed})" if fit.seed != config.seed else ""
        seconds = (event.trained_seconds or 0) - (before.trained_seconds or 0)
        rows.append(Row(fit.label + again, fit, event.metrics["accuracy"], seconds, event.answer_seconds))
    return rows


def network_row(run: Run) -> Row | None:
    """The best evaluation of a network's run, with the time of its whole training so far; None before the first."""
    evaluated = [event for event in read_log(run).events if isinstance(event, Evaluated)]
    if not evaluated or not evaluated[-1].step:
        return None
    best = max(evaluated, key=lambda event: event.metrics["accuracy"])
    config, _ = from_json(DigitsConfig, run.config)
    label = "This network (release)" if config.start == "release" else NETWORKS[config.network]
    return Row(label, None, best.metrics["accuracy"], evaluated[-1].trained_seconds, best.answer_seconds)


def _common(run: Run) -> list[Any]:
    config = _config(run) if run.task == "classical" else from_json(DigitsConfig, run.config)[0]
    return [getattr(config, name) for name in SAME]


def _config(run: Run) -> ClassicalConfig:
    return from_json(ClassicalConfig, run.config)[0]


def _start(run: Run) -> None:
    config = ClassicalConfig(**dict(zip(SAME, _common(run), strict=True)))
    try:
        launch.start(store(), demos.task("classical"), config, owner=owner(), parent=run.id)
    except GlassboxError as error:
        st.session_state[ERROR] = plain(str(error))


def _do(action: str, run_id: str) -> None:
    try:
        getattr(store(), action)(run_id)
    except GlassboxError as error:
        st.session_state[ERROR] = plain(str(error))
    st.session_state["led.elsewhere"] = True


def _beside_network(shown: Run, network: Run) -> None:
    run = store().get(shown.id)
    if (run.state, run.deleted_at) != (shown.state, shown.deleted_at):
        st.rerun(scope="app")
    if run.state != "completed":
        _standing(run)
    _results(run, store().get(network.id))
    st.page_link(
        page_path("digits"),
        label=f"Measured in run {run.id}",
        query_params=run_query(run.id),
        icon=":material/open_in_full:",
    )


def _standing(run: Run) -> None:
    """How far the fits are, and Stop or Resume."""
    done = len(rows_of(run))
    total = sum(run.phases)
    if run.state == "running":
        words = (
            f"{planned(_config(run), done).label} · {done} of {total} fitted" if done < total else "testing the best"
        )
        st.progress(done / total, words if run.status == "training" else f"{run.status} …")
    elif run.state == "queued":
        place = store().places(max_running=default_max_running()).get(run.id)
        st.info("Waiting." if place is None else f"{waiting(place)}.", icon=STATES["queued"][2])
    else:
        st.info(f"Stopped after {done} of {total}.", icon=STATES["stopped"][2])
    if run.is_over:
        label, icon, action = "Go on", "play_arrow", "resume"
    else:
        label, icon, action = ("Stopping …" if run.stop_requested else "Stop"), "stop", "request_stop"
    st.button(
        label,
        icon=f":material/{icon}:",
        disabled=run.stop_requested and not run.is_over,
        on_click=_do,
        args=(action, run.id),
        key=f"classical.{action}",
        help="It stops when the method that is being fitted is done." if action == "request_stop" else None,
    )


def _methods_alone(run: Run) -> None:
    _results(run, _find(run.parent or "", "digits"))


def _find(run_id: str, task: str) -> Run | None:
    """The run of that id if there is one, and it is of that demo."""
    try:
        run = store().get(run_id)
    except NotFoundError:
        return None
    return run if run.task == task else None


def _results(run: Run, network: Run | None) -> None:
    """Table, chart and what they say, as far as the fits are."""
    rows = rows_of(run)
    if not rows:
        st.caption("The first result comes in a few seconds.")
        return
    own = network_row(network) if network is not None else None
    left, right = st.columns(2, gap="large")
    with left:
        _table([*rows, *([own] if own else [])], run)
    with right:
        points = [
            Point(METHODS[row.fit.method], row.fit.features == "gradients", row.label, row.seconds or 0, row.accuracy)
            for row in rows
            if row.fit is not None
        ]
        info = methods_info(_curve(network) if network is not None else [], points)
        live_chart(
            methods_figure(info, dark=is_dark(), uirevision=run.id), key="classical.chart", alt=methods_sentence(info)
        )
        st.caption(f"Open marks read {FEATURES['pixels'].lower()}, filled ones {FEATURES['gradients'].lower()}.")
    _tested(run, rows, network)


def _curve(network: Run) -> list[tuple[float, float]]:
    return [
        (event.trained_seconds, event.metrics["accuracy"])
        for event in read_log(network).events
        if isinstance(event, Evaluated) and event.trained_seconds is not None
    ]


def _table(rows: list[Row], run: Run) -> None:
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
    st.caption(_how_measured(run))


def _how_measured(run: Run) -> str:
    config = _config(run)
    _, num_validation, _ = NUM_EXAMPLES[config.data]
    num_train = demos.task("classical").batch_size(config)
    label = sources.find(config.data).label
    capped = any(method == "svm" for method, _ in pairs(config)) and num_train > config.svm_examples
    return (
        f"Accuracy on the same {num_validation:,} {label} validation images; time of an answer in a batch of them. "
        f"The methods learn from the network's {num_train:,} training images, as they are, on one processor thread"
        + (
            f"; the SVM, whose time grows with their square, from {config.svm_examples:,} of them drawn at random."
            if capped
            else "."
        )
    )


def _tested(run: Run, rows: list[Row], network: Run | None) -> None:
    """What the best method and the network reach on images that chose neither."""
    if "accuracy" not in run.metrics or not any(isinstance(event, Ended) for event in read_log(run).events):
        return
    best = max(rows, key=lambda row: row.accuracy)  # the first of equals, as the training chooses
    config = _config(run)
    words = f"{best.label} {number(run.metrics['accuracy'], '%')}"
    if network is not None and "accuracy" in network.metrics:
        words += f", this network {number(network.metrics['accuracy'], '%')}"
    test_set = f"{NUM_EXAMPLES[config.data][2]:,} {sources.find(config.data).label} test images"
    st.markdown(f"On the {test_set}, none of which was used for training or choosing: **{words}**.")


def _nothing(run: Run) -> None:
    pass
