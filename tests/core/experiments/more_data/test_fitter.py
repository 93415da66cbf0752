"""More data: what is fitted to how many examples, against scikit-learn itself, and that a resumed run is the same."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core import demos
from core.contract import Checkpointed, Dataset, Ended, Evaluated, Event, Split
from core.experiments.classical import methods
from core.experiments.classical.digits import pixels
from core.experiments.classical.size import num_bytes
from core.experiments.more_data import fitter
from core.experiments.more_data.config import (
    LEARNERS,
    PRESETS,
    Fit,
    MoreDataConfig,
    fits_a_seed,
    measuring,
    planned,
    sizes,
)
from core.experiments.more_data.curves import FitResult, curves, measured, seconds_left
from core.experiments.more_data.fitter import balanced_order, load, network_config
from core.training.fits import fit_all

TASK = demos.task("more_data")
DATA = load(MoreDataConfig())
TESTED = Split(inputs=DATA.test.inputs[:100], targets=DATA.test.targets[:100], name="100 test images")


def run(config: MoreDataConfig, **options: Any) -> tuple[list[Event], dict[int, Any]]:
    """All events, and the states that were checkpointed, by step."""
    events, states = [], {}
    data = Dataset(train=DATA.train, validation=DATA.validation, test=TESTED)
    for event in fit_all(TASK, config, data, fitter=TASK.fitter(config, data), **options):
        events.append(event)
        if isinstance(event, Checkpointed):
            states[event.step] = event.state
    return events, states


def accuracies(events: list[Event]) -> list[float]:
    return [event.metrics["accuracy"] for event in events if isinstance(event, Evaluated)]


def test_sizes_grow_by_about_the_same_ratio_up_to_all() -> None:
    assert sizes(3_500) == [10, 30, 100, 300, 1_000, 3_500]
    assert sizes(55_000) == [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 55_000]


def test_every_seed_that_is_allowed_can_be_followed_by_the_next() -> None:
    config = MoreDataConfig(seed=2**31 - 1)
    seeds = [planned(config, place * fits_a_seed(config)).seed for place in range(3)]
    assert seeds == [2**31 - 1, 0, 1]
    for seed in seeds:
        assert network_config(10, seed=seed).seed == seed  # it was refused with the 43rd fit


def test_every_method_is_fitted_to_every_size_and_then_again_with_the_next_seed() -> None:
    config = MoreDataConfig(seed=4)
    assert fits_a_seed(config) == 6 * len(LEARNERS) == config.epochs / 3
    assert planned(config, 6) == Fit("network", "pixels", 10, 4)
    assert planned(config, 42) == replace(planned(config, 0), seed=5)
    full = measuring("mnist")
    assert max(planned(full, i).examples for i in range(full.epochs) if planned(full, i).method == "svm") == 10_000
    assert [TASK.Config(**preset.values).epochs for preset in PRESETS][1:] == [full.epochs] * 2


def test_the_first_examples_are_one_of_each_class_and_depend_on_the_seed_alone() -> None:
    images, labels = DATA.train.inputs.numpy(), DATA.train.targets.numpy()
    order = balanced_order(images, labels, seed=0)
    assert sorted(order) == list(range(len(labels)))
    assert sorted(labels[order[:10]]) == sorted(labels[order[10:20]]) == list(range(10))
    mixed = np.random.default_rng(0).permutation(len(labels))
    assert np.array_equal(images[order], images[mixed][balanced_order(images[mixed], labels[mixed], seed=0)])
    assert not np.array_equal(order, balanced_order(images, labels, seed=1))


def test_few_examples_are_seen_often_enough_and_many_at_least_three_times() -> None:
    assert (network_config(10, seed=0).epochs, network_config(10, seed=0).batch_size) == (100, 8)
    assert network_config(300, seed=0).epochs * (300 // 32) >= fitter.STEPS
    assert network_config(55_000, seed=0).epochs == 3
    assert network_config(100, seed=7).seed == 7


def test_a_run_measures_what_scikit_learn_does_and_a_resumed_one_ends_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitter, "STEPS", 20)
    config = MoreDataConfig(epochs=8)
    whole, _ = run(config)
    found = measured(config, whole)
    assert [one.fit.examples for one in found] == [10] * 7 + [30]
    assert all(one.seconds > 0 for one in found)
    images, labels = DATA.train.inputs.numpy(), DATA.train.targets.numpy()
    rows = balanced_order(images, labels, seed=0)[:10]
    reference = LogisticRegression(max_iter=2_000, tol=1e-3).fit(pixels(images[rows]), labels[rows])
    expected = reference.score(pixels(TESTED.inputs.numpy()), TESTED.targets.numpy())
    assert found[0].accuracy == pytest.approx(100 * expected)
    asked = iter(range(1, 100))
    first, states = run(config, should_stop=lambda: next(asked) >= 5)
    assert isinstance(first[-1], Ended)
    assert first[-1].reason == "stopped"
    second, _ = run(config, resume=states[5])
    assert accuracies(first) + accuracies(second) == accuracies(whole)


def test_curves_are_means_with_the_lowest_and_the_highest_of_the_seeds() -> None:
    found = [
        FitResult(Fit("svm", "pixels", size, seed), accuracy, seconds)
        for size, seed, accuracy, seconds in ((10, 0, 40.0, 1.0), (10, 1, 60.0, 3.0), (30, 0, 70.0, 2.0))
    ]
    few, more = curves(found)["svm", "pixels"]
    assert (few.examples, few.mean, few.low, few.high, few.seconds, few.num_seeds) == (10, 50.0, 40.0, 60.0, 2.0, 2)
    assert (more.low, more.high, more.num_seeds) == (70.0, 70.0, 1)
    assert curves(found)["network", "pixels"] == []


def test_the_time_left_is_that_of_the_same_fits_with_the_seed_before() -> None:
    config = MoreDataConfig()
    found = [FitResult(planned(config, index), 50.0, float(index % 42)) for index in range(44)]
    assert seconds_left(config, found[:41]) is None
    assert seconds_left(config, found) == sum(range(2, 42)) + sum(range(42))


def test_the_size_of_a_classifier_is_what_it_has_learned() -> None:
    random = np.random.default_rng(0)
    inputs, targets = random.normal(size=(300, 20)), random.integers(0, 3, 300)
    kept = {name: num_bytes(methods.fit(name, inputs, targets, seed=0)) for name in ("neighbours", "logistic", "svm")}
    assert inputs.nbytes <= kept["neighbours"] < 1.2 * inputs.nbytes
    assert 3 * 21 * 8 <= kept["logistic"] < 1_000
    machine: Any = methods.fit("svm", inputs, targets, seed=0)
    assert machine.support_vectors_.nbytes < kept["svm"] < 1.5 * machine.support_vectors_.nbytes
    forest: Any = methods.fit("forest", inputs, targets, seed=0)
    assert num_bytes(forest) > 64 * sum(tree.tree_.node_count for tree in forest.estimators_)
