"""Two to six runs side by side: their validation curves on one axis, and what is different about them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from core.contract import Evaluated, Metric, Task
from core.errors import NotFoundError
from core.knobs import from_json, knobs, relevant
from core.plots.curves import Curves, compare_figure, compare_sentence, curves_info
from core.plots.words import number
from core.runs.records import Run
from ui.frame import address
from ui.frame.demo_pages import shown
from ui.frame.fragments import fragment
from ui.frame.services import store
from ui.frame.style import is_dark
from ui.frame.words import NOTHING, STATES, duration, plain
from ui.runs.run_list import MAX_COMPARED
from ui.runs.run_words import compared_by, named
from ui.widgets.live_chart import live_chart

TICK_SECONDS = 2.0


class ComparedRuns(NamedTuple):
    """What is said about runs of one demo, as rows of one text for each run."""

    figures: dict[str, list[str]]  # how they went
    settings: dict[str, list[str]]  # knobs in which they differ


def compare_view(given: str) -> None:
    """The runs whose ids stand in the address, with commas between; ids that cannot be compared are said."""
    st.button("All runs", icon=":material/arrow_back:", on_click=_leave, key="compare.leave")
    runs = _runs(given)
    if len(runs) < 2:
        st.info(f"A comparison needs 2 to {MAX_COMPARED} runs of one demo. Tick them in the list of all runs.")
        return
    st.subheader(f"Compare {len(runs)} runs", anchor=False)
    task = shown()[runs[0].task].task
    metric = _metric(task)
    every = None if all(run.is_over for run in runs) else TICK_SECONDS
    fragment(_comparison, run_every=every)(task, metric, [run.id for run in runs])


def _runs(given: str) -> list[Run]:
    """At most `MAX_COMPARED` runs of the first one's demo."""
    runs: list[Run] = []
    for run_id in dict.fromkeys(filter(None, given.split(","))):
        try:
            run = store().get(run_id)
        except NotFoundError as error:
            st.warning(plain(str(error)), icon=":material/search_off:")
            continue
        if len(runs) == MAX_COMPARED:
            st.warning(f"At most {MAX_COMPARED} runs are compared at once; run {run.id} is left out.")
        elif run.task not in shown():
            st.warning(f"Run {run.id} belongs to a demo that is not here; it is left out.")
        elif runs and run.task != runs[0].task:
            st.warning(f"Run {run.id} is of another demo, which is measured in another way; it is left out.")
        else:
            runs.append(run)
    return runs


def _metric(task: Task) -> Metric:
    first = compared_by(task) or task.metrics[0]
    ordered = [first, *(metric for metric in task.metrics if metric != first)]
    labels = [metric.label for metric in ordered]
    chosen = st.segmented_control("Measured by", labels, default=labels[0], required=True, key="compare.metric")
    return ordered[labels.index(chosen or labels[0])]


def _comparison(task: Task, metric: Metric, run_ids: list[str]) -> None:
    runs = [store().get(run_id) for run_id in run_ids]
    names = list(named(runs).values())
    curves = {name: _curves(run, metric) for name, run in zip(names, runs, strict=True)}
    if any(info.validation for info in curves.values()):
        short = {f"{letter(index)}": info for index, info in enumerate(curves.values())}
        live_chart(
            compare_figure(short, metric, dark=is_dark(), uirevision=",".join(run_ids)),
            key=f"compare.{metric.name}",
            alt=compare_sentence(curves, metric),
        )
        st.caption(compare_sentence(short, metric))
    else:
        st.info("Nothing has been evaluated in these runs yet: the curves begin after the first epoch.")
    best = [_best(info, metric) for info in curves.values()]
    found = comparison(task, metric, runs, best)
    headings = [f"{letter(index)} · {name}" for index, name in enumerate(names)]
    st.markdown("**How they went**")
    _table(headings, found.figures)
    st.markdown("**What is different**")
    if found.settings:
        _table(headings, found.settings)
        st.caption("All other settings are the same.")
    else:
        st.caption("All settings are the same; only chance in the arithmetic or the machine can tell them apart.")


def letter(index: int) -> str:
    """The name of a line and a column: "A", "B", …"""
    return chr(ord("A") + index)


def _curves(run: Run, metric: Metric) -> Curves:
    return curves_info([event for _, event in store().events(run.id, kinds=[Evaluated])], select=metric)


def _best(info: Curves, metric: Metric) -> str:
    line = info.validation.get(metric.name)
    if line is None:
        return NOTHING
    best = (max if metric.goal == "max" else min)(line.y)
    return f"{number(best, metric.unit)} (epoch {line.x[line.y.index(best)]:.3g})"


def comparison(task: Task, metric: Metric, runs: Sequence[Run], best: list[str]) -> ComparedRuns:
    """Rows of what was measured in runs of one demo, and of the settings in which they differ.

    Args:
        best: best validation value of each run, in words.
    """
    tested = [number(run.metrics[metric.name], metric.unit) if metric.name in run.metrics else NOTHING for run in runs]
    figures = {
        "State": [STATES[run.state][0] for run in runs],
        f"{metric.label}, test": tested,
        f"{metric.label}, best {task.measured_on}": best,
        "Epochs planned": [str(sum(run.phases)) for run in runs],
        "Time": [duration(run.seconds_used) for run in runs],
        "Parameters": [NOTHING if run.num_parameters is None else f"{run.num_parameters:,}" for run in runs],
        "Run": [run.id for run in runs],
    }
    return ComparedRuns(figures, differing(task, [run.config for run in runs]))


def differing(task: Task, configs: Sequence[Mapping[str, object]]) -> dict[str, list[str]]:
    """Label of every knob that is not the same in all configs → its value in each, "–" where it does not matter.

    Args:
        configs: as saved with the runs; knobs that they lack are at their default.
    """
    full = [from_json(task.Config, config)[0] for config in configs]
    found = {}
    for name, knob in knobs(task.Config).items():
        values = [knob.in_words(getattr(config, name)) if name in relevant(config) else NOTHING for config in full]
        if len(set(values)) > 1:
            found[knob.label] = values
    return found


def _table(headings: list[str], rows: Mapping[str, list[str]]) -> None:
    """A table, in which Streamlit would read Markdown: titles and values come from people."""
    columns = {" ": list(rows)} | {
        plain(heading): [plain(values[index]) for values in rows.values()] for index, heading in enumerate(headings)
    }
    st.table(columns, border="horizontal", hide_index=True)


def _leave() -> None:
    address.write({"compare": None})
