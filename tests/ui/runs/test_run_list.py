"""Page Runs without a browser: find, rename, delete and undo, stop, resume, extend, compare."""

import pytest
from streamlit.testing.v1 import AppTest

from core import demos
from core.demos.digits.config import DigitsConfig
from core.knobs import to_json
from core.runs.records import Run
from core.runs.store import RunStore, open_store
from tests.support.paths import ROOT
from tests.support.stored_runs import ended, queued, running
from ui.runs import compare, run_words
from ui.runs.run_list import ROWS

FRAME = str(ROOT / "ui" / "navigation.py")
NOW = 1_800_000_000.0  # 15 January 2027, 08:00 in UTC


@pytest.fixture
def store() -> RunStore:
    return open_store()


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(FRAME, default_timeout=30).run()
    app.switch_page("../pages/runs.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.subheader])


def shown(app: AppTest, *runs: Run) -> list[Run]:
    """Those of the runs that have a row."""
    return [run for run in runs if f"run {run.id} ·" in text(app) and f"runs.delete.{run.id}" in keys(app)]


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button if button.key}


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def tick(app: AppTest, run: Run) -> AppTest:
    next(box for box in app.checkbox if run.id in box.label).check().run()
    assert not app.exception
    return app


def test_a_job_of_fits_has_fits_and_no_epochs(store: RunStore) -> None:
    queued(store, demo="classical", epochs=3)
    assert "3 fits" in text(opened())


def test_an_empty_store_says_what_to_do_and_leads_there() -> None:
    app = press(opened(), "runs.start")
    assert app.title[0].value == "Digits"
    assert app.button(key="digits.start")


def test_a_row_says_title_state_result_with_its_set_and_what_it_was(store: RunStore) -> None:
    run = ended(store, "My net", accuracies=(92.0, 97.8), epochs=2)
    said = text(opened())
    assert "**My net**" in said
    assert "completed" in said
    assert "97.8\u00a0% on the test set of 5,000 MNIST digits" in said
    assert f"run {run.id} · Digits · 2 epochs" in said
    assert "started just now" in said


def test_a_run_that_was_not_tested_shows_its_best_validation(store: RunStore) -> None:
    ended(store, state="stopped", accuracies=(92.0, 96.4, 95.0))
    assert "96.4\u00a0% on validation after epoch 2, the best so far" in text(opened())


def test_a_run_that_keeps_its_last_weights_does_not_call_them_the_best(store: RunStore) -> None:
    ended(store, state="stopped", accuracies=(92.0, 97.0, 90.0), adversarial=0.1)
    said = text(opened())
    assert "90.0\u00a0% on validation after epoch 3, its last weights" in said
    assert "best so far" not in said


def test_a_failed_run_says_why(store: RunStore) -> None:
    ended(store, state="failed", accuracies=(), reason="The disk is full. Make room and resume.")
    assert "The disk is full. Make room and resume." in text(opened())


def test_filters_and_order_work(store: RunStore) -> None:
    first = ended(store, "wide net", owner="local")
    second = ended(store, "Deep net", state="stopped")
    app = opened()
    assert shown(app, first, second) == [first, second]
    app.selectbox(key="state").set_value("Stopped").run()
    assert shown(app, first, second) == [second]
    app.selectbox(key="state").set_value("Any state").run()
    app.text_input(key="q").set_value("WIDE").run()
    assert shown(app, first, second) == [first]
    app.text_input(key="q").set_value("").run()
    app.selectbox(key="by").set_value("Me").run()
    assert shown(app, first, second) == [first]
    app.selectbox(key="by").set_value("Everybody").run()
    app.selectbox(key="sort").set_value("Oldest").run()
    assert text(app).index("wide net") < text(app).index("Deep net")


def test_a_linked_filter_is_applied(store: RunStore) -> None:
    completed, stopped = ended(store), ended(store, state="stopped")
    assert shown(opened(state="Stopped", q=stopped.id), completed, stopped) == [stopped]


def test_an_unknown_word_in_the_address_is_said(store: RunStore) -> None:
    run = ended(store)
    app = opened(state="Asleep")
    assert "“Asleep”" in app.warning[0].value
    assert "Stopped" in app.warning[0].value
    assert shown(app, run) == [run]


def test_a_filter_that_nothing_passes_says_so_and_can_be_cleared(store: RunStore) -> None:
    run = ended(store)
    app = opened(q="nothing like it", state="Failed")
    assert "No run passes this filter." in text(app)
    assert shown(press(app, "runs.clear"), run) == [run]


def test_rename(store: RunStore) -> None:
    run = ended(store, "Old")
    app = opened()
    app.text_input(key=f"runs.title.{run.id}.Old").set_value("New").run()
    press(app, f"runs.rename.{run.id}")
    assert store.book.get(run.id).title == "New"
    assert "**New**" in text(app)


def test_a_title_that_is_not_allowed_is_said(store: RunStore) -> None:
    run = ended(store, "Old")
    app = opened()
    app.text_input(key=f"runs.title.{run.id}.Old").set_value("  ").run()
    press(app, f"runs.rename.{run.id}")
    assert "1 to 100 characters" in app.error[0].value
    assert store.book.get(run.id).title == "Old"


def test_delete_is_undone_from_a_notice_that_stays_until_dismissed(store: RunStore) -> None:
    run, other = ended(store, "Precious"), ended(store, "Other")
    app = press(opened(), f"runs.delete.{run.id}")
    assert shown(app, run, other) == [other]
    assert "Deleted “Precious”." in text(app)
    app.selectbox(key="sort").set_value("Title").run()
    assert "Deleted “Precious”." in text(app)
    press(app, "runs.undo.all")
    assert shown(app, run, other) == [run, other]
    assert "runs.undo.all" not in keys(app)


def test_a_dismissed_deletion_can_still_be_restored_for_a_day(store: RunStore) -> None:
    run = ended(store, "Precious")
    app = press(press(opened(), f"runs.delete.{run.id}"), "runs.undo.dismiss")
    assert "runs.undo.all" not in keys(app)
    assert app.expander[0].label == "Deleted runs (1)"
    assert shown(press(app, f"runs.restore.{run.id}"), run) == [run]
    assert store.book.get(run.id).deleted_at is None


def test_several_deletions_are_undone_together(store: RunStore) -> None:
    first, second = ended(store), ended(store)
    app = press(press(opened(), f"runs.delete.{first.id}"), f"runs.delete.{second.id}")
    assert "Deleted 2 runs." in text(app)
    assert shown(press(app, "runs.undo.all"), first, second) == [first, second]


def test_deleting_a_running_run_stops_it(store: RunStore) -> None:
    run = running(store)
    press(opened(), f"runs.delete.{run.id}")
    assert store.book.get(run.id).stop_requested


def test_stop_says_that_it_was_heard_and_a_second_one_is_impossible(store: RunStore) -> None:
    run = running(store, accuracies=(93.0,), epochs=4)
    app = press(opened(), f"runs.request_stop.{run.id}")
    assert store.book.get(run.id).stop_requested
    assert app.button(key=f"runs.request_stop.{run.id}").disabled


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_resume_puts_a_run_back_into_the_queue(store: RunStore, state: str) -> None:
    run = ended(store, state=state)
    app = press(opened(), f"runs.resume.{run.id}")
    assert store.book.get(run.id).state == "queued"
    assert "Next to start" in text(app)


def test_extend_adds_the_given_number_of_epochs(store: RunStore) -> None:
    run = ended(store, epochs=3)
    app = opened()
    assert f"runs.resume.{run.id}" not in keys(app)
    app.number_input(key=f"runs.epochs.{run.id}").set_value(7).run()
    press(app, f"runs.extend.{run.id}")
    assert (store.book.get(run.id).state, store.book.get(run.id).phases) == ("queued", (3, 7))


@pytest.mark.parametrize(("state", "act"), [("completed", "extend"), ("stopped", "extend"), ("failed", "resume")])
def test_a_run_whose_data_is_gone_stays_as_it_is_and_says_so(store: RunStore, state: str, act: str) -> None:
    run = ended(store, state=state, data="mnist")
    app = press(opened(), f"runs.{act}.{run.id}")
    assert "MNIST is not on this machine" in app.error[0].value
    assert store.book.get(run.id) == run


def test_what_somebody_else_changed_meanwhile_is_said(store: RunStore) -> None:
    run = ended(store, state="stopped")
    app = opened()
    store.book.resume(run.id)
    store.claims.claim("elsewhere")
    press(app, f"runs.extend.{run.id}")
    assert "only a completed or stopped one is extended" in app.error[0].value


def test_an_address_of_a_run_opens_it_and_an_unknown_one_says_so(store: RunStore) -> None:
    run = queued(store, "Mine")
    app = opened(run=run.id)
    assert app.title[0].value == "Digits"
    assert app.query_params["run"] == run.id
    assert "There is no run “zzzzzz”" in opened(run="zzzzzz").error[0].value


def test_a_run_of_a_demo_that_is_not_here_is_listed_all_the_same(store: RunStore) -> None:
    run = store.book.create("juggling", {}, phases=(1,), owner="ada")
    assert shown(opened(), run) == [run]


def test_long_lists_have_pages(store: RunStore) -> None:
    runs = [queued(store, f"Number {number}") for number in range(ROWS + 3)]
    app = opened()
    assert len(shown(app, *runs)) == ROWS
    app = opened(page="2")
    assert len(shown(app, *runs)) == 3
    app.text_input(key="q").set_value("Number 1").run()  # fewer pages than the one that is open
    assert not app.exception
    assert len(shown(app, *runs)) == 4


def test_ticked_runs_are_compared_and_the_comparison_has_an_address(store: RunStore) -> None:
    first = ended(store, "Narrow", accuracies=(91.0, 95.0), width=16, epochs=2)
    second = ended(store, "Wide", accuracies=(92.0, 97.0), width=32, epochs=2)
    app = tick(opened(), first)
    assert app.button(key="runs.compare").disabled
    press(tick(app, second), "runs.compare")
    assert app.query_params["compare"] == f"{first.id},{second.id}"
    assert "Compare 2 runs" in text(app)
    assert "A 95.0\u00a0% after epoch 2, B 97.0\u00a0% after epoch 2" in text(app)
    figures, settings = (table.value.set_index(" ") for table in app.table)
    assert list(figures.loc["Accuracy, test"]) == ["95.0\u00a0%", "97.0\u00a0%"]
    assert list(settings.columns) == ["A · Narrow", "B · Wide"]
    assert list(settings.index) == ["Width"]
    assert list(settings.loc["Width"]) == ["16 filters", "32 filters"]
    press(app, "compare.leave")
    assert shown(app, first, second) == [first, second]


def test_at_most_six_runs_can_be_ticked_and_all_unticked(store: RunStore) -> None:
    runs = [ended(store) for _ in range(7)]
    app = opened()
    for run in runs[:6]:
        tick(app, run)
    free = [box for box in app.checkbox if not box.disabled]
    assert all(box.value for box in free)
    assert len(free) == 6
    press(app, "runs.untick")
    assert not any(box.value or box.disabled for box in app.checkbox)


def test_a_comparison_with_unknown_or_too_few_runs_says_so(store: RunStore) -> None:
    run = ended(store)
    app = opened(compare=f"{run.id},zzzzzz")
    assert "There is no run “zzzzzz”" in app.warning[0].value
    assert "2 to 6 runs" in app.info[0].value


def test_runs_that_were_never_evaluated_are_compared_by_their_settings(store: RunStore) -> None:
    first, second = queued(store, seed=1), queued(store, seed=2)
    app = opened(compare=f"{first.id},{second.id}")
    assert "Nothing has been evaluated" in app.info[0].value
    assert list(app.table[1].value[" "]) == ["Seed"]


def test_only_settings_that_matter_and_differ_are_listed() -> None:
    task = demos.task("digits")
    plain = to_json(DigitsConfig(network="plain", hidden_size=64))
    convolutional = to_json(DigitsConfig(hidden_size=256))  # which a CNN does not read
    found = compare.differing(task, [plain, convolutional])
    assert found["Network"] == ["Plain (fully connected)", "Convolutional (CNN)"]
    assert found["Hidden size"] == ["64 neurons", "–"]
    assert "Activation" not in found
    assert compare.differing(task, [{}, to_json(DigitsConfig())]) == {}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "just now"),
        (12 * 60, "12 min ago"),
        (59.9 * 60, "59 min ago"),
        (3 * 3600 + 1800, "3 h ago"),
        (30 * 3600, "14 January 2027, 03:00"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert run_words.ago(NOW - seconds, now=NOW, zone="Europe/Berlin") == words


def test_runs_of_one_title_are_told_apart_by_their_ids(store: RunStore) -> None:
    first, second, third = queued(store, "Net"), queued(store, "Net"), queued(store, "Other")
    assert list(run_words.named([first, second, third]).values()) == [f"Net {first.id}", f"Net {second.id}", "Other"]


def test_a_run_of_a_demo_that_is_not_here_is_shown_without_a_link_on_every_page(store: RunStore) -> None:
    foreign = store.book.create("weather", {}, phases=(3,), owner="ada", title="From another studio")
    for page in ("home", "digits"):
        app = AppTest.from_file(FRAME, default_timeout=30).run()
        app.switch_page(f"../pages/{page}.py")
        app.query_params.update({} if page == "home" else {"view": "train", "run": foreign.id})
        assert not app.run().exception
        if page == "digits":
            assert app.error[0].value == f"Run {foreign.id} belongs to “weather”, which this studio does not have."
    assert f"run {foreign.id} · weather" in text(opened())
