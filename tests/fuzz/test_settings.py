"""Knobs as they stand in an address or a saved run, whatever is written there."""

import json

from hypothesis import strategies as st

from core import demos, knobs
from core.lessons.backprop import StepSettings
from core.lessons.neuron import NeuronSettings
from core.lessons.optimizer_race.figures import RaceSettings
from core.lessons.playground import PlaygroundSettings
from tests.fuzz.conftest import Explore
from tests.support.fuzz_examples import EXTREMES, JSON_VALUES, answer

SETTINGS = [
    *(demos.task(name).Config for name in demos.names()),
    *(StepSettings, NeuronSettings, PlaygroundSettings, RaceSettings),
]
WORDS = st.one_of(
    st.text(max_size=20),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
    st.sampled_from(("on", "off", "TRUE", "1e400", "9" * 5000, "١٢", "yes,no", "yes,,no", "0" * 16, "A" * 1300, "%00")),
)


def sometimes_known(config_type: type[knobs.Settings], values: st.SearchStrategy) -> st.SearchStrategy:
    names = st.one_of(st.sampled_from(sorted(knobs.knobs(config_type))), st.text(max_size=10))
    return st.dictionaries(names, values, max_size=6).map(lambda given: (config_type, given))


def is_config(made: tuple[knobs.Settings, list[str]] | None, config_type: type[knobs.Settings]) -> None:
    if made is not None:  # a config may refuse a combination of knobs, in a sentence
        config, notices = made
        assert type(config) is config_type
        assert all(notice.strip() for notice in notices)
        again, none = knobs.from_json(config_type, json.loads(json.dumps(knobs.to_json(config))))
        assert (again, none) == (config, [])


def test_an_address_gives_a_config_or_a_sentence(explore: Explore) -> None:
    def check(example: tuple[type[knobs.Settings], dict[str, str]]) -> None:
        config_type, given = example
        is_config(answer(lambda: knobs.from_text(config_type, given)), config_type)

    explore(st.sampled_from(SETTINGS).flatmap(lambda one: sometimes_known(one, WORDS)), check)


def test_a_saved_config_gives_a_config_or_a_sentence(explore: Explore) -> None:
    def check(example: tuple[type[knobs.Settings], dict[str, object]]) -> None:
        config_type, given = example
        is_config(answer(lambda: knobs.from_json(config_type, json.loads(json.dumps(given)))), config_type)

    values = st.one_of(EXTREMES, JSON_VALUES, WORDS)
    explore(st.sampled_from(SETTINGS).flatmap(lambda one: sometimes_known(one, values)), check)
