"""Page Home without a browser: what it promises is there, and what runs is shown."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import demos
from core.data import registry
from core.demo import Demo
from core.release import ReleaseModel
from core.runs.records import Place
from core.runs.store import open_store
from tests.support.paths import ROOT
from tests.support.stored_runs import ended, queued, running
from ui.frame.demo_pages import with_page
from ui.home import machine, parts
from ui.runs import run_words

FRAME = str(ROOT / "ui" / "navigation.py")


def opened() -> AppTest:
    app = AppTest.from_file(FRAME, default_timeout=30).run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


def test_the_first_thing_to_do_is_one_click_away() -> None:
    app = opened()
    app.button(key="home.draw").click().run()
    assert not app.exception
    assert app.title[0].value == "Digits"
    assert app.query_params["view"] == "try"


def test_train_opens_the_form() -> None:
    app = opened()
    app.button(key="home.train").click().run()
    assert not app.exception
    assert app.button(key="digits.start")


def test_only_demos_that_have_a_page_are_shown_each_with_its_sentence() -> None:
    shown = text(opened())
    for task in with_page().values():
        assert task.sentence in shown
    for unbuilt in ("Voice", "Sentiment", "Generator", "Foundations"):
        assert (unbuilt in shown) == (unbuilt.lower() in demos.names())


def demo_with(*folders: Path) -> Demo:
    """Digits with other release models."""
    digits = demos.find("digits")
    assert digits.models is not None
    releases = {folder.name: ReleaseModel(folder) for folder in folders}
    return replace(digits, models=replace(digits.models, releases=releases))


def card(folder: Path, *figures: dict[str, object]) -> Path:
    folder.mkdir()
    (folder / "model.json").write_text(json.dumps({"figures": figures}), encoding="utf-8")
    return folder


def test_a_demo_shows_the_figure_of_its_release_model_on_the_largest_set(tmp_path: Path) -> None:
    folder = card(
        tmp_path / "digits",
        {"set": "1,000 held-out images", "examples": 1000, "accuracy": 98.0},
        {"set": "10,000 MNIST test images", "examples": 10000, "accuracy": 99.6},
    )
    assert parts.release_figure(demo_with(folder)) == ("99.60 %", "10,000 MNIST test images")
    assert parts.release_figure(demo_with(tmp_path / "nothing")) is None


def test_the_headline_counts_more_than_a_larger_set_and_the_best_of_several_models(tmp_path: Path) -> None:
    small = card(
        tmp_path / "small",
        {"set": "872 sentences", "examples": 872, "accuracy": 82.0, "headline": True},
        {"set": "2,000 other reviews", "examples": 2000, "accuracy": 68.0},
    )
    assert parts.release_figure(demo_with(small)) == ("82.00 %", "872 sentences")
    larger = card(tmp_path / "larger", {"set": "872 sentences", "examples": 872, "accuracy": 90.0})
    assert parts.release_figure(demo_with(small, larger)) == ("90.00 %", "872 sentences")


def test_a_model_of_another_demo_with_a_name_like_a_demos_is_not_taken_for_its(tmp_path: Path) -> None:
    own = card(tmp_path / "digits", {"set": "10 images", "examples": 10, "accuracy": 80.0})
    card(tmp_path / "digits_rotated", {"set": "10 rotated images", "examples": 10, "accuracy": 99.0})
    assert parts.release_figure(demo_with(own)) == ("80.00 %", "10 images")


def test_an_idle_machine_says_so_and_what_it_is(glassbox_home: Path) -> None:
    shown = text(opened())
    assert "Nothing is running" in shown
    assert machine.processor() in shown
    assert str(glassbox_home) in shown


def test_running_and_waiting_runs_are_shown_in_the_order_of_the_queue() -> None:
    store = open_store()
    ended(store, "Over")
    running(store, "Under way", accuracies=(93.0,), epochs=4, owner="bob")
    queued(store, "First in line", owner="cem")
    queued(store, "Second in line", owner="eve")
    shown = text(opened())
    assert "Over" not in shown
    assert "Nothing is running" not in shown
    order = [shown.index(title) for title in ("**Under way**", "**First in line**", "**Second in line**")]
    assert order == sorted(order)
    assert "Next to start, in about" in shown
    assert "Place 2 in the queue, in about" in shown


def test_a_wait_that_cannot_be_estimated_yet_is_not_guessed() -> None:
    assert run_words.waiting(Place(1, None)) == "Next to start"
    assert run_words.waiting(Place(3, 125.0)) == "Place 3 in the queue, in about 2 min 5 s"


def test_memory_is_that_of_the_container_where_it_is_less(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:       16000000 kB\nMemFree:  1 kB\nMemAvailable:   12000000 kB\n")
    whole = machine.memory(meminfo=meminfo, cgroup=tmp_path)
    assert whole == machine.Memory(16e6 * 1024, 12e6 * 1024)
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.memory(meminfo=meminfo, cgroup=tmp_path) == whole
    (tmp_path / "memory.max").write_text("4000000000\n")
    (tmp_path / "memory.current").write_text("1500000000\n")
    assert machine.memory(meminfo=meminfo, cgroup=tmp_path) == machine.Memory(4e9, 2.5e9)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("NVIDIA H200, 143771, 143000", "150 GB free of 151 GB"),
        ("NVIDIA GB10, [N/A], [N/A]", "memory shared with the processor"),
    ],
)
def test_graphics_cards_are_named_with_their_memory(line: str, words: str) -> None:
    (card,) = machine.parse_cards(line + "\n")
    facts = parts.machine_facts([card], None)
    assert facts[0] == ("Graphics card", f"{line.split(',')[0]}, {words}")


def test_the_free_space_of_a_folder_that_does_not_exist_yet_is_that_of_its_disk(tmp_path: Path) -> None:
    assert machine.free_disk(tmp_path / "not" / "yet") > 0


def test_the_data_sets_on_this_machine_are_named_once(glassbox_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = ["MNIST", "Pen-Digits", "Rotten Tomatoes", "IMDb"]
    assert [label for label in parts.data_sets() if label != "Fashion-MNIST"] == installed  # Debian may have that
    (glassbox_home / "data" / "SST-2").mkdir(parents=True)
    (glassbox_home / "data" / "SST-2" / "dev.tsv").touch()
    monkeypatch.delitem(registry.SETS, "imdb")
    assert [label for label in parts.data_sets() if label != "Fashion-MNIST"] == [*installed[:-1], "SST-2"]
