"""What is refused before a run, and what is said in it."""

from collections.abc import Callable
from typing import Any

import pytest

from core import demos
from core.errors import GlassboxError, InvalidSettingError
from core.knobs import Config
from core.runs.store import RunStore
from core.service.launch import start
from tests.support.stage import Stage


def test_a_start_that_cannot_work_is_refused_at_once(stage: Stage) -> None:
    with pytest.raises(InvalidSettingError, match="cannot start a run of Toy"):
        start(stage.store.book, stage.task, Config(), owner="ada")
    assert stage.store.book.find() == []


@pytest.mark.parametrize(
    ("demo", "settings", "said"),
    [
        ("digits", {"data": "mnist"}, "MNIST is not on this machine"),
        ("digits", {"share": 0.1}, "Raise the share"),
        ("generator", {"data": "mnist"}, "MNIST is not on this machine"),
        ("voice", {"data": "speech_commands"}, "Speech Commands v0.02 is not on this machine"),
        ("voice", {"data": "own_words"}, "no word of your own"),
        ("voice", {"data": "own_words", "words": "yes,maja"}, "“maja” has too few recordings"),
        ("sentiment", {"data": "sst2"}, "SST-2 is not on this machine"),
        ("sentiment", {"data": "own"}, "none was given"),
        ("sentiment", {"start": "release"}, "learned from most of these"),
        ("sentiment", {"share": 0.1}, "Raise the share"),
        ("classical", {"data": "mnist"}, "MNIST is not on this machine"),
        ("classical_voice", {"data": "mini_speech_commands"}, "Mini Speech Commands is not on this machine"),
        ("classical_sentiment", {"data": "sst2"}, "SST-2 is not on this machine"),
    ],
)
def test_what_is_missing_is_said_before_the_start_and_by_loading_in_the_same_words(
    demo: str, settings: dict[str, Any], said: str, store: RunStore
) -> None:
    task = demos.task(demo)
    config = task.Config(**settings)
    with pytest.raises(GlassboxError, match=said) as refused:
        start(store.book, task, config, owner="ada")
    with pytest.raises(GlassboxError) as loading:
        task.load(config)
    assert str(refused.value) == str(loading.value)
    assert store.book.find() == []


def test_an_unknown_demo_and_outdated_knobs_are_said_in_the_run(stages: Callable[..., Stage]) -> None:
    stage = stages(max_running=2)
    gone = stage.store.book.create("gone", {}, phases=(1,), owner="ada")
    old = stage.store.book.create("toy", {"epochs": 1, "colour": "red"}, phases=(1,), owner="bob")
    assert "no demo “gone”" in stage.over(gone.id).reason
    (notice,) = stage.over(old.id).notices
    assert "“colour” is not a setting" in notice
    assert stage.store.book.get(old.id).state == "completed"
