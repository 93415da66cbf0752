"""The view of one run, live while it runs: how far it is, its curves, what they mean, and what can be done with it.

It reads the run store and nothing else, so it shows the same in any browser, before and after a restart.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import streamlit as st

from core import demos
from core.contract import Commanded, Ended, Evaluated, Event, Metric, Previewed, Task, Training, selecting
from core.knobs import Config, from_json, knobs, relevant, to_json
from core.plots.curves import curves_figure, curves_info, curves_sentence
from core.runs.records import Run
from core.service.supervisor import default_max_running
from core.training import diagnosis
from core.training.diagnosis import Diagnosis
from core.training.placement import in_words
from ui.frame import address, health
from ui.frame.demo_pages import run_link, shown
from ui.frame.errors import action, show_click_error, show_error, shown_errors
from ui.frame.fragments import fragment
from ui.frame.services import config_of, run_or_say, store
from ui.frame.state import record
from ui.frame.style import is_dark
from ui.frame.views import go_to
from ui.frame.words import STATES, duration, plain, standing
from ui.runs.start import extend, resume, start_run
from ui.widgets.form import Form, set_form
from ui.widgets.live_chart import live_chart

Told = TypeVar("Told", Evaluated, Previewed, Commanded, Ended)

TICK_SECONDS = 1.0
CHART_HEIGHT = 270  # px
CLICKS = "run"  # the buttons of a run, whose errors are shown among them


def _nothing(run: Run) -> None:
    pass


@dataclass(frozen=True)
class RunParts:
    """What a demo adds to the view of a run."""

    right: Callable[[Run], None] = _nothing  # of the curves: the person's own input and its answers
    below: Callable[[Run], None] = _nothing  # under them
    after: Callable[[Run], None] = _nothing  # under that once the run is over and has a model
    instead: Callable[[Run], None] | None = None  # in place of all these
    words: Callable[[Run], str] = standing  # how far it is


@dataclass
class Log:
    """Events of a run that this session has read so far."""

    generation: int = -1
    cursor: int = 0
    events: list[Event] = field(default_factory=list)


def read_log(run: Run) -> Log:
    """Everything that has happened in a run, read from where this session left off."""
    log = record(Log, run.id)
    if log.generation != run.generation:
        log.generation, log.cursor, log.events = run.generation, 0, []
    for cursor, event in store().events(run.id, after=log.cursor):
        log.cursor = cursor
        log.events.append(event)
    return log


def told(run: Run, kind: type[Told]) -> list[Told]:
    """The events of one kind of a run."""
    return [event for event in read_log(run).events if isinstance(event, kind)]


def every(run: Run) -> float | None:
    """How often a live part is drawn again: not at all once the run is over."""
    return None if run.is_over else TICK_SECONDS


@dataclass
class _Led:
    """Whether a callback led away from what is shown."""

    elsewhere: bool = False


def lead_elsewhere() -> None:
    """In the callback of a button within a live part: the whole page is to follow."""
    record(_Led).elsewhere = True


def live_part(draw: Callable[..., None], run: Run) -> Callable[..., None]:
    """A part of the page that is drawn again by itself while a run goes on.

    A button in it runs its callback and then only this part; where the callback led elsewhere, the whole page follows.
    """

    def part(*arguments: object) -> None:
        if record(_Led).elsewhere:
            record(_Led).elsewhere = False
            st.rerun(scope="app")
        draw(*arguments)

    part.__qualname__ = draw.__qualname__  # Streamlit knows a fragment by the name of its function
    return fragment(part, run_every=every(run))


def run_view(task: Task, run_id: str, parts: RunParts) -> None:
    """The whole view; an address of a run that does not exist says so."""
    run = run_or_say(run_id)
    if run is None:
        st.button("Start a new run", on_click=_leave, icon=":material/add:")
        return
    if run.task != task.name:
        where = "another page" if run.task in shown() else f"“{run.task}”, which this studio does not have"
        show_error(f"Run {run.id} belongs to {where}.")
        run_link(run, "Open it there")
        return
    if run.deleted_at is not None:
        st.warning("This run is deleted. It can be restored for a day.", icon=":material/delete:")
        action(CLICKS, "Restore", "undo", store().restore, run.id, key="run.restore")
    _heading(task, run)
    live_part(_status, run)(task, run, parts)
    if parts.instead is not None:
        live_part(_instead, run)(run, parts)
    else:
        _network_parts(task, run, parts)
    _details(task, run)


def short_view(task: Task, run: Run, parts: RunParts) -> None:
    """How far a run is, its buttons, and `parts.instead`; for where a run is a part of the page among others."""
    live_part(_status, run)(task, run, parts)
    live_part(_instead, run)(run, parts)


def _instead(shown: Run, parts: RunParts) -> None:
    assert parts.instead is not None
    parts.instead(store().get(shown.id))


def _network_parts(task: Task, run: Run, parts: RunParts) -> None:
    left, right = st.columns([4, 3], gap="large")
    with left:
        live_part(_curves, run)(task, run)
    with right:
        parts.right(run)
    parts.below(run)
    if run.is_over and store().checkpoints(run.id):
        with shown_errors():  # damaged checkpoints, data that is gone: the rest of the run still shows
            parts.after(run)


def _heading(task: Task, run: Run) -> None:
    word, color, icon = STATES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(run.title), anchor=False, width="content")
        st.badge(word, icon=icon, color=color)  # type: ignore[arg-type]
        st.caption(f"run {run.id}", width="content")
        st.space("stretch")
        st.button("New run", icon=":material/add:", on_click=_leave, key="run.new")


def _status(task: Task, shown: Run, parts: RunParts) -> None:
    run = store().get(shown.id)
    if (run.state, run.deleted_at, run.title) != (shown.state, shown.deleted_at, shown.title):
        st.rerun(scope="app")
    if run.state == "running" or (run.progress is not None and run.progress.total_steps):
        show_progress(run, parts.words)
    if run.state == "queued":
        _place(run)
    if run.reason and run.state in ("failed", "stopped", "queued"):
        if run.state == "failed":
            show_error(run.reason)
        else:
            st.info(plain(run.reason), icon=STATES[run.state][2])
    for notice in run.notices:
        st.warning(plain(notice), icon=":material/info:")
    _buttons(task, run)


def show_progress(run: Run, words: Callable[[Run], str] = standing, *, whose: str = "") -> None:
    """How far a run is: a bar with words."""
    step, total = (run.progress.step, run.progress.total_steps) if run.progress is not None else (0, 0)
    trains = total and (run.status == "training" or run.is_over)
    said = words(run) if trains else f"{run.status or 'waiting in the queue'} …"
    st.progress(min(step / total, 1.0) if total else 0.0, f"{whose}{said}")


def _place(run: Run) -> None:
    if said := health.no_start():
        st.warning(plain(said), icon=":material/warning:")
    place = store().places(max_running=default_max_running()).get(run.id)
    if place is not None:
        wait = "" if place.seconds is None else f", about {duration(place.seconds)}"
        st.info(
            f"Waiting: place {place.position} in the queue{wait}. The page may be closed; the place stays.",
            icon=":material/hourglass_empty:",
        )


def _buttons(task: Task, run: Run) -> None:
    has_form = isinstance(task, Training) and task.cost is not None
    with st.container(horizontal=True):
        if not run.is_over:
            label = "Stopping …" if run.stop_requested else "Stop"
            stop = store().request_stop
            action(CLICKS, label, "stop", stop, run.id, key="run.stop", disabled=run.stop_requested)
            if run.stop_requested:
                _resume_button(run)
            return
        if run.state == "stopped":
            _resume_button(run)
        elif run.state == "completed" and demos.find(task.name).models is not None:
            st.button(
                "Use it in Try", icon=":material/draw:", type="primary", on_click=_use, args=(task, run), key="run.use"
            )
        if has_form and run.state in ("completed", "stopped"):
            with st.popover("Extend", icon=":material/more_time:"):
                epochs = st.number_input("Epochs to add", 1, 100, 3, key="run.epochs")
                st.caption("The learning-rate schedule starts again for these epochs.")
                action(CLICKS, "Train on", None, extend, run.id, epochs, key="run.extend")
        failed = run.state == "failed"  # the same settings would most likely fail again: a change comes first
        if has_form:
            look = "primary" if failed else "secondary"
            action(CLICKS, "Clone with changes", "content_copy", _clone, task, run, key="run.clone", type=look)
        if failed:
            _resume_button(run)
        with st.popover("Rename", icon=":material/edit:"):
            title = st.text_input("Title", run.title, max_chars=100, key=f"run.title.{run.title}")
            action(CLICKS, "Save", None, store().rename, run.id, title, key="run.rename")
    show_click_error(CLICKS)


def _resume_button(run: Run) -> None:
    look = "primary" if run.state == "stopped" else "secondary"
    action(CLICKS, "Resume", "play_arrow", resume, run.id, key="run.resume", type=look)


def _curves(task: Task, shown: Run) -> None:
    run = store().get(shown.id)
    events = read_log(run).events
    config = config_of(run)
    select = selecting(task, config)
    info = curves_info(events, select=select)
    if not info.validation:
        st.caption(f"{run.status or 'waiting'} … the curves begin with the first step.")
        return

    def draw(metric: Metric) -> None:
        figure = curves_figure(info, metric, dark=is_dark(), epochs=sum(run.phases), uirevision=run.id)
        live_chart(figure, key=f"curves.{metric.name}", alt=curves_sentence(info, metric), height=CHART_HEIGHT)

    measured = [metric for metric in task.metrics if metric.name in {*info.train, *info.validation}]
    folded = [metric for metric in measured if metric.more]
    for metric in measured:
        if not metric.more:
            draw(metric)
    own = demos.find(task.name).diagnose
    _diagnosis(
        task, run, config, own(events, config) if own is not None else diagnosis.diagnose(events, config, select=select)
    )
    if folded:
        with st.expander("More curves", icon=":material/show_chart:"):
            for metric in folded:
                draw(metric)


def _diagnosis(task: Task, run: Run, config: Config, found: Diagnosis | None) -> None:
    if found is None:
        return
    with st.container(border=True):
        st.markdown(found.sentence)
        if found.remedy:
            changed = {**to_json(config), **found.remedy}
            action(CLICKS, found.remedy_label, "healing", _clone_and_start, task, run, changed, key="run.remedy")


def _details(task: Task, run: Run) -> None:
    with st.expander("Settings of this run", icon=":material/tune:"):
        if run.placement is not None:
            how = "" if task.placement else ", the fastest of the ways measured at its start"
            st.caption(f"Computed on {in_words(run.placement)}{how}.")
        if run.parent:
            run_link(run, f"Started from run {run.parent}", run_id=run.parent)
        config = config_of(run)
        declared = knobs(task.Config)
        rows = [
            {"Setting": declared[name].label, "Value": plain(declared[name].in_words(getattr(config, name)))}
            for name in relevant(config)
        ]
        st.table(rows)


def _leave() -> None:
    address.write({"run": None})
    lead_elsewhere()


def _clone(task: Task, run: Run) -> None:
    set_form(task, run.config)
    record(Form, task.name).parent = run.id
    _leave()


def _clone_and_start(task: Task, run: Run, changed: dict[str, object]) -> None:
    config, _ = from_json(task.Config, changed)
    child = start_run(task, config, parent=run.id)
    address.write({"run": child.id})
    lead_elsewhere()


def _use(task: Task, run: Run) -> None:
    _leave()
    address.write({"model": run.id})
    go_to("try")
