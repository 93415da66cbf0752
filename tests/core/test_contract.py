"""Knobs and configs: what is allowed, what is said otherwise, and what survives being written and read."""

import dataclasses
import json
import pkgutil
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from core import demos
from core.contract import Metric, Preset, Progress, Training, best_so_far
from core.errors import GlassboxError, InvalidSettingError, NotFoundError
from core.knobs import (
    PAGE_PARAMETERS,
    Choice,
    Config,
    Flag,
    Integer,
    Knob,
    Real,
    Several,
    from_json,
    from_text,
    knob,
    knobs,
    relevant,
    to_json,
)

TASKS = [demos.task(name) for name in demos.names()]
PRESETS = [(task, preset) for task in TASKS for preset in task.presets]

every_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
every_preset = pytest.mark.parametrize(("task", "preset"), PRESETS, ids=lambda part: getattr(part, "name", None))


@dataclass(frozen=True)
class KiteConfig(Config):
    tail: int = knob(Integer(label="Tail", help="Length of the tail.", unit="m", low=2, high=10, step=2), 4)
    lines: int = knob(Integer(label="Lines", help="Number of lines.", low=1, high=4, choices=(1, 2, 4)), 2)
    wind: float = knob(Real(label="Wind", help="How hard it blows.", low=0.5, high=8.0, step=0.5), 3.0)
    colour: str = knob(Choice(label="Colour", help="Of the sail.", options={"red": "Red", "blue": "Blue"}), "red")
    lamp: bool = knob(Flag(label="Lamp", help="A light at the end of the tail."), False)
    ribbons: str = knob(
        Several(label="Ribbons", help="On the tail.", options=("red", "blue", "green"), fewest=2, others="ribbon[0-9]"),
        "red,blue",
    )
    watts: int = knob(Integer(label="Watts", help="Of the lamp.", low=1, high=9, when={"lamp": (True,)}), 3)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("tail", [2, 4, 10], [0, 3, 12, 4.0, "4", True, None]),
        ("lines", [1, 2, 4], [3, 0, 5, 2.0]),
        ("wind", [0.5, 3, 8.0, 3.3], [0.4, 8.1, 10**400, float("nan"), float("inf"), "3", True]),
        ("colour", ["red", "blue"], ["Red", "green", "", 1, None]),
        ("lamp", [True, False], [1, 0, "on", None]),
        (
            "ribbons",
            ["red,blue", "green,ribbon7,red"],
            ["red", "red,red", "red, blue", "red,ribbon", "", ("red", "blue")],
        ),
    ],
)
def test_a_knob_allows_its_range_and_its_type_and_nothing_else(name: str, good: list[Any], bad: list[Any]) -> None:
    declared = knobs(KiteConfig)[name]
    assert [value for value in good if not declared.allows(value)] == []
    assert [value for value in bad if declared.allows(value)] == []


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("tail", "6", 6),
        ("wind", "2.5", 2.5),
        ("wind", "1e0", 1.0),
        ("colour", "blue", "blue"),
        ("lamp", "on", True),
        ("lamp", "True", True),
        ("lamp", "0", False),
        ("ribbons", "green, red", "green,red"),
    ],
)
def test_a_knob_reads_what_is_written(name: str, text: str, value: Any) -> None:
    parsed = knobs(KiteConfig)[name].parse(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tail", "a whole number from 2 to 10 in steps of 2"),
        ("lines", "one of 1, 2, 4"),
        ("wind", "a number from 0.5 to 8"),
        ("colour", "one of red, blue"),
        ("lamp", "on or off"),
        ("ribbons", "at least 2 different of red, blue, green, or words of your own"),
    ],
)
def test_a_knob_says_what_is_allowed(name: str, words: str) -> None:
    assert knobs(KiteConfig)[name].allowed() == words


def test_a_config_cannot_hold_a_value_that_is_not_allowed() -> None:
    with pytest.raises(InvalidSettingError) as caught:
        KiteConfig(tail=3)
    assert str(caught.value) == "Tail (tail) is 3; allowed is a whole number from 2 to 10 in steps of 2."
    with pytest.raises(ValueError, match="Epochs"):
        dataclasses.replace(KiteConfig(), epochs=0)


def test_one_of_several_may_have_to_be_left_out() -> None:
    beads = Several(label="Beads", help="One stays.", options=("a", "b"), not_all=True, others="c")
    assert [value for value in ("a", "b,c", "a,b", "b,c,a") if beads.allows(value)] == ["a", "b,c"]
    assert beads.allowed() == "at least 1 different of a, b, or words of your own, but not all of them"


def test_own_knobs_come_before_those_that_every_config_has() -> None:
    assert list(knobs(KiteConfig)) == [
        *("tail", "lines", "wind", "colour", "lamp", "ribbons", "watts", "epochs", "seed")
    ]


def test_a_knob_is_relevant_only_when_the_others_say_so() -> None:
    assert "watts" not in relevant(KiteConfig())
    assert relevant(KiteConfig(lamp=True)) == list(knobs(KiteConfig))


def test_written_values_become_a_config() -> None:
    config, notices = from_text(KiteConfig, {"tail": "8", "lamp": "on", "seed": "7"})
    assert config == KiteConfig(tail=8, lamp=True, seed=7)
    assert notices == []


@pytest.mark.parametrize(
    ("name", "text", "parts"),
    [
        ("tail", "long", ["Tail (tail)", "“long”", "from 2 to 10"]),
        ("tail", "3", ["Tail (tail)", "3", "in steps of 2"]),
        ("wind", "nan", ["Wind (wind)", "nan", "from 0.5 to 8"]),
        ("colour", "green", ["Colour (colour)", "green", "red, blue"]),
        ("lamp", "maybe", ["Lamp (lamp)", "“maybe”", "on or off"]),
        ("rope", "2", ["“rope”", "tail, lines, wind"]),
    ],
)
def test_what_cannot_be_read_is_said_and_takes_its_default(name: str, text: str, parts: list[str]) -> None:
    config, notices = from_text(KiteConfig, {name: text})
    assert config == KiteConfig()
    (notice,) = notices
    assert [part for part in parts if part not in notice] == []


@pytest.mark.parametrize("name", ["tail", "colour"])
def test_a_long_word_of_an_address_is_not_repeated_in_full(name: str) -> None:
    (unknown,) = from_text(KiteConfig, {"x" * 3000: "1"})[1]
    (wrong,) = from_text(KiteConfig, {name: "y" * 3000})[1]
    assert max(len(unknown), len(wrong)) < 300


@pytest.mark.parametrize("name", PAGE_PARAMETERS)
def test_a_knob_of_a_name_that_an_address_needs_is_refused(name: str) -> None:
    declared = knob(Flag(label="Lamp", help="A light."), False)
    with pytest.raises(InvalidSettingError, match=f"NamedConfig has a knob “{name}”.*another name"):
        type("NamedConfig", (Config,), {"__annotations__": {name: bool}, name: declared})


def test_a_saved_config_loads_after_its_knobs_changed() -> None:
    config, notices = from_json(KiteConfig, {"tail": 6, "wind": 99.0, "rope": 2})
    assert config == KiteConfig(tail=6)
    assert len(notices) == 2
    assert any("“rope”" in notice for notice in notices)
    assert any("Wind (wind) was 99.0" in notice and "from 0.5 to 8" in notice for notice in notices)


def test_progress_counts_each_extension_as_a_phase_of_its_own() -> None:
    positions = [Progress(step=step, steps_per_epoch=10, phases=(2, 1)) for step in (0, 10, 19, 20, 25, 30)]
    assert positions[0].total == 30
    assert [position.phase_fraction for position in positions] == [0.0, 0.5, 0.95, 0.0, 0.5, 1.0]


def test_the_best_is_strictly_better_than_all_before() -> None:
    loss, accuracy = Metric(name="loss", label="Loss"), Metric(name="accuracy", label="Accuracy", goal="max")
    assert best_so_far(loss, 0.1, [0.3, 0.2])
    assert not best_so_far(loss, 0.2, [0.3, 0.2])
    assert best_so_far(accuracy, 90.0, [])
    assert not best_so_far(accuracy, 90.0, [95.0])


def test_a_demo_that_does_not_exist_is_said_with_those_that_do() -> None:
    with pytest.raises(NotFoundError) as caught:
        demos.task("kites")
    assert isinstance(caught.value, GlassboxError)
    assert all(task.name in str(caught.value) for task in TASKS)


@every_task
def test_every_knob_has_a_label_and_a_help_sentence(task: Training) -> None:
    def is_explained(declared: Knob) -> bool:
        return bool(declared.label) and declared.help.endswith(".") and declared.help[0].isupper()

    assert [name for name, declared in knobs(task.Config).items() if not is_explained(declared)] == []


@every_task
def test_a_knob_depends_only_on_knobs_and_values_that_exist(task: Training) -> None:
    declared = knobs(task.Config)
    for name, one in declared.items():
        for other, values in one.when.items():
            assert other != name
            assert [value for value in values if not declared[other].allows(value)] == []


@every_task
def test_the_defaults_are_what_reading_nothing_gives(task: Training) -> None:
    assert from_json(task.Config, {}) == (task.Config(), [])
    assert from_text(task.Config, {}) == (task.Config(), [])


@every_task
def test_names_of_presets_are_unique(task: Training) -> None:
    names = [preset.name for preset in task.presets]
    assert len(set(names)) == len(names) > 0


@every_preset
def test_a_preset_is_valid_and_every_value_of_it_matters(task: Training, preset: Preset) -> None:
    config = task.Config(**preset.values)
    assert preset.label
    assert preset.sentence.endswith(".")
    assert set(preset.values) <= set(relevant(config))


@every_preset
def test_a_config_survives_json_and_text(task: Training, preset: Preset) -> None:
    config = task.Config(**preset.values)
    saved = json.loads(json.dumps(to_json(config)))
    assert from_json(task.Config, saved) == (config, [])
    assert from_text(task.Config, {name: str(value) for name, value in saved.items()}) == (config, [])


@every_task
def test_a_task_selects_by_a_metric_that_it_reports(task: Training) -> None:
    names = [metric.name for metric in task.metrics]
    assert len(set(names)) == len(names)
    assert task.select is None or task.select in names
    demo = demos.find(task.name)
    assert (demo.training is None) != (demo.fits is None)
    assert demo.training is None or demo.training.batch_size(task.Config()) >= 1


@pytest.mark.parametrize("name", [name for name in demos.names() if demos.find(name).comparison])
def test_a_comparison_has_words_for_all_that_can_be_compared(name: str) -> None:
    demo = demos.find(name)
    assert demo.training is not None and demo.comparison is not None
    how, methods = demo.comparison, demos.find(demo.comparison.methods)
    assert methods.fits is not None and methods.page.name == name
    assert how.release in demo.releases
    for preset in demo.training.presets:
        assert how.network_label(demo.training.Config(**preset.values))
    started = demo.training.Config(**{"start": "release"})
    assert how.network_label(started) == "release"
    for config_type in (demo.training.Config, methods.fits.Config):
        data = knobs(config_type)["data"]
        assert isinstance(data, Choice)
        assert all(how.data_label(config_type(**{"data": value})) for value in data.options)


def test_values_are_said_in_words() -> None:
    declared = knobs(demos.task("digits").Config)
    assert declared["activation"].in_words("relu") == "ReLU"
    assert declared["normalisation"].in_words(False) == "off"
    assert declared["depth"].in_words(3) == "3 blocks"
    assert declared["learning_rate"].in_words(0.003) == "0.003"
    assert knobs(KiteConfig)["ribbons"].in_words("red,ribbon7") == "red, ribbon7"


@pytest.mark.parametrize("name", demos.names())
def test_what_a_demo_imports_late_is_there(name: str) -> None:
    """A name in a string is checked by nobody else."""
    for place in late_places(demos.find(name)):
        assert callable(pkgutil.resolve_name(place)), place


def late_places(value: Any) -> list[str]:
    """Where the functions are that `lazily` will import, in an object and all that it is made of."""
    if isinstance(value, partial):
        return [str(value.args[0])]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return late_places([getattr(value, field.name) for field in dataclasses.fields(value)])
    if isinstance(value, dict):
        return late_places(list(value.values()))
    return [place for part in value for place in late_places(part)] if isinstance(value, list | tuple) else []


def test_a_demo_imports_late() -> None:
    places = late_places(demos.find("digits"))
    assert {"core.demos.digits.learner:load", "core.demos.digits.reader:read_model"} <= set(places)


@pytest.mark.parametrize("seeds", [(1_234_567, 1_234_568), (2_147_483_646, 2_147_483_647), (999_999, 1_000_000)])
def test_two_seeds_never_look_alike_in_words(seeds: tuple[int, int]) -> None:
    assert [knobs(Config)["seed"].in_words(seed) for seed in seeds] == [str(seed) for seed in seeds]
