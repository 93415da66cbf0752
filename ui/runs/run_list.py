"""The list of runs: a row each with what it is and what can be done with it, deletion with undo, and live changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import streamlit as st

from core.demo import Demo
from core.runs.protocols import KEEP_DELETED_SECONDS, MAX_EPOCHS
from core.runs.records import Place, Run
from core.service.supervisor import default_max_running
from ui.frame.demo_pages import run_link, shown
from ui.frame.errors import action, attempt, show_click_error
from ui.frame.fragments import fragment
from ui.frame.services import store
from ui.frame.state import record
from ui.frame.words import STATES, duration, plain
from ui.runs import run_words
from ui.runs.live import show_progress
from ui.runs.start import extend, resume

TICK_SECONDS = 2.0
ROWS = 10  # on one page of the list
MAX_COMPARED = 6
CLICKS = "runs"  # the buttons of the list, whose errors are shown above it


@dataclass
class Ticked:
    """The runs to compare."""

    run_ids: list[str] = field(default_factory=list)
    version: int = 0  # counts how often all were unticked; part of the keys of the checkboxes


@dataclass
class _Deleted:
    """The runs that the notice speaks of."""

    titles: dict[str, str] = field(default_factory=dict)  # by id, in the order of their deletion


def show_rows(runs: Sequence[Run]) -> None:
    """A page of the list, with the choice of the page under it."""
    rows = st.container()
    num_pages = -(-len(runs) // ROWS)
    page = st.pagination(num_pages, key="page", bind="query-params") if num_pages > 1 else 1
    places = store().places(max_running=default_max_running()) if any(run.state == "queued" for run in runs) else {}
    known = shown()
    with rows:
        for run in runs[(page - 1) * ROWS : page * ROWS]:
            _row(run, known.get(run.task), places.get(run.id))


def _row(run: Run, demo: Demo | None, place: Place | None) -> None:
    word, color, icon = STATES[run.state]
    with st.container(border=True, key=f"run.{run.id}"), st.container(horizontal=True, vertical_alignment="center"):
        _chooser(run)
        with st.container(width="stretch", gap="xxsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{plain(run.title)}**", width="content")
                st.badge(word, icon=icon, color=color)  # type: ignore[arg-type]
            _results(run, demo, place)
            st.caption(run_words.facts(run, demo=demo, now=store().now(), zone=st.context.timezone))
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            _actions(run, demo)


def _chooser(run: Run) -> None:
    ticked = record(Ticked)
    key = f"runs.compare.{ticked.version}.{run.id}"

    def tick() -> None:
        others = [one for one in ticked.run_ids if one != run.id]
        ticked.run_ids = [*others, run.id] if st.session_state[key] else others

    st.checkbox(
        f"Compare run {run.id}",  # without its title: screen readers get a label as it is written, with its escapes
        value=run.id in ticked.run_ids,
        key=key,
        on_change=tick,
        disabled=len(ticked.run_ids) >= MAX_COMPARED and run.id not in ticked.run_ids,
        label_visibility="collapsed",
    )


def forget_chosen() -> None:
    """Untick all; for callbacks."""
    ticked = record(Ticked)
    ticked.run_ids, ticked.version = [], ticked.version + 1


def _results(run: Run, demo: Demo | None, place: Place | None) -> None:
    """How good it is; how far, while it runs; why, where it failed."""
    if run.state == "running":
        fragment(_standing, run_every=TICK_SECONDS)(run.id)
    elif place is not None:
        st.markdown(run_words.waiting(place))
    elif demo is not None and (result := run_words.result(demo.task, run, store().checkpoints(run.id))):
        st.markdown(result)
    if run.state in ("failed", "queued") and run.reason:
        st.markdown(f":red[{run.reason}]" if run.state == "failed" else run.reason)


def _standing(run_id: str) -> None:
    show_progress(store().get(run_id))


def _actions(run: Run, demo: Demo | None) -> None:
    run_link(run, "Open", icon=":material/open_in_full:")
    if not run.is_over:
        label = "Stopping …" if run.stop_requested else "Stop"
        _button(label, "stop", store().request_stop, run, disabled=run.stop_requested)
    if (run.stop_requested and not run.is_over) or run.state in ("stopped", "failed"):
        _button("Resume", "play_arrow", resume, run)
    with st.popover("More", icon=":material/more_horiz:", key=f"runs.more.{run.id}"):
        title = st.text_input("Title", run.title, max_chars=100, key=f"runs.title.{run.id}.{run.title}")
        _button("Rename", "edit", store().rename, run, title)
        if run.state in ("completed", "stopped"):
            unit = demo.task.counted_in if demo else "epoch"
            epochs = st.number_input(f"{unit.capitalize()}s to add", 1, MAX_EPOCHS, 3, key=f"runs.epochs.{run.id}")
            _button("Extend", "more_time", extend, run, epochs)
        st.button(
            "Delete", icon=":material/delete:", key=f"runs.delete.{run.id}", on_click=_delete, args=([run],)
        )  # it can be undone, so nobody is asked


def _button(
    label: str, icon: str, act: Callable[..., object], run: Run, *arguments: object, disabled: bool = False
) -> None:
    action(CLICKS, label, icon, act, run.id, *arguments, key=f"runs.{act.__name__}.{run.id}", disabled=disabled)


def _delete(runs: Sequence[Run]) -> None:
    for run in runs:
        attempt(CLICKS, store().delete, run.id)
        ticked = record(Ticked)
        ticked.run_ids = [one for one in ticked.run_ids if one != run.id]
        record(_Deleted).titles.setdefault(run.id, run.title)  # a double click deletes once


def _restore(run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        attempt(CLICKS, store().restore, run_id)
        record(_Deleted).titles.pop(run_id, None)


def _dismiss() -> None:
    record(_Deleted).titles.clear()


def show_notices() -> None:
    """What went wrong with the last click; and what was deleted, with Undo, until it is dismissed."""
    show_click_error(CLICKS)
    gone = record(_Deleted).titles
    if not gone:
        return
    what = f"“{plain(*gone.values())}”" if len(gone) == 1 else f"{len(gone)} runs"
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="runs.undo"):
        st.markdown(f":material/delete: Deleted {what}.", width="content")
        st.button(
            "Undo",
            icon=":material/undo:",
            key="runs.undo.all",
            on_click=_restore,
            args=(list(gone),),
        )
        st.button("Dismiss", type="tertiary", key="runs.undo.dismiss", on_click=_dismiss)


def show_deleted() -> None:
    """The runs that can still be restored."""
    gone = store().find(deleted=True)
    if not gone:
        return
    with st.expander(f"Deleted runs ({len(gone)})", icon=":material/delete:"):
        st.caption("A deleted run can be restored for a day; then its files are removed.")
        for run in gone:
            assert run.deleted_at is not None
            left = run.deleted_at + KEEP_DELETED_SECONDS - store().now()
            with st.container(horizontal=True, vertical_alignment="center", key=f"runs.gone.{run.id}"):
                st.markdown(f"{plain(run.title)} :gray[· run {run.id} · {duration(left)} left]", width="content")
                st.button(
                    "Restore",
                    icon=":material/undo:",
                    key=f"runs.restore.{run.id}",
                    on_click=_restore,
                    args=([run.id],),
                )


def watch(shown: Sequence[Run]) -> None:
    """Draw the page again when a run has changed its state, as long as one of the shown may do so by itself."""
    if any(not run.is_over for run in shown):
        fragment(_watch, run_every=TICK_SECONDS)([run.id for run in shown if not run.is_over], _look(shown))


def _watch(run_ids: list[str], seen: set[tuple[str, str, bool]]) -> None:
    if not _look([store().get(run_id) for run_id in run_ids]) <= seen:
        st.rerun(scope="app")


def _look(runs: Sequence[Run]) -> set[tuple[str, str, bool]]:
    return {(run.id, run.state, run.stop_requested) for run in runs}
