"""What a run is said to cost, beside what it really costs and beside counts made by hand."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import Optimizer
from torch.utils.flop_counter import FlopCounterMode

from core import demos
from core.contract import Dataset, NetworkCost, Placement, Preset, Split, Training
from core.demos.digits.config import DigitsConfig
from core.demos.digits.cost import NUM_EXAMPLES, cost, forward_flops, num_examples
from core.demos.digits.learner import load
from core.demos.sentiment.cost import num_tokens
from core.demos.voice.config import VoiceConfig
from core.knobs import Config
from core.training.engine import Loop, train
from core.training.estimate import estimate, machine_speed, network_cost, step_seconds
from tests.core import tiny_encoder

DIGITS, VOICE = demos.task("digits"), demos.task("voice")
every_preset = pytest.mark.parametrize("preset", DIGITS.presets, ids=lambda preset: preset.name)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def one_core_speed(monkeypatch: pytest.MonkeyPatch) -> float:
    """FLOP/s with one thread, which other programs on this machine disturb least."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    return machine_speed()


def seconds(config: DigitsConfig, speed: float = 1e11) -> float:
    return estimate(DIGITS, config, flops_per_second=speed).seconds


def num_bytes(config: DigitsConfig) -> int:
    return estimate(DIGITS, config, flops_per_second=1e11).bytes


def noise(num_train: int) -> Dataset:
    """Pictures of the right size, for timing."""

    def split(count: int) -> Split:
        pictures = torch.randint(0, 255, (count, 28, 28), dtype=torch.uint8)
        return Split(inputs=pictures, targets=torch.zeros(count, dtype=torch.int64), name="")

    return Dataset(train=split(num_train), validation=split(10), test=split(10))


def test_flops_and_activations_are_those_counted_by_hand() -> None:
    counted = network_cost(lambda: nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)), (784,))
    assert counted.flops == 2 * (784 * 128 + 128 * 10)
    assert counted.activations == 128 + 128 + 10
    assert counted.num_layers == 3


def test_a_recurrent_network_can_be_counted() -> None:
    counted = network_cost(lambda: nn.LSTM(8, 16, batch_first=True), (5, 8))
    assert counted.flops >= 2 * 5 * 4 * 16 * (8 + 16)
    assert counted.activations >= 5 * 16
    assert counted.num_layers == 1 + 5
    twice = network_cost(lambda: nn.LSTM(8, 16, num_layers=2, bidirectional=True, batch_first=True), (5, 8))
    assert twice.num_layers == 1 + 4 * 5


@pytest.mark.parametrize("preset", VOICE.presets[:4], ids=lambda preset: preset.name)
def test_the_estimated_step_of_a_recurrent_network_is_within_a_factor_of_the_real_one(
    preset: Preset, one_core_speed: float
) -> None:
    config = VoiceConfig(**preset.values)
    sounds = Split(torch.randn(64, 98, 40).half(), torch.zeros(64, dtype=torch.int64), "")
    estimated = step_seconds(
        VOICE.cost(config),
        batch_size=config.batch_size,
        num_parameters=VOICE.num_parameters(config),
        flops_per_second=one_core_speed,
    )
    assert 1 / 2.5 < estimated / real_step_seconds(config, VOICE, Dataset(sounds, sounds, sounds)) < 2.5


@every_preset
def test_counting_leaves_the_network_and_the_random_state_alone(preset: Preset) -> None:
    before = torch.get_rng_state()
    assert forward_flops(DigitsConfig(**preset.values)) > 0
    assert torch.equal(before, torch.get_rng_state())


def test_the_classic_example_has_the_flops_of_its_two_layers() -> None:
    config = DigitsConfig(network="plain", hidden_layers=1, hidden_size=128)
    assert forward_flops(config) == 2 * (784 * 128 + 128 * 10)


@pytest.mark.parametrize("share", [100.0, 20.0, 5.7])
def test_the_sizes_are_those_of_the_data(share: float) -> None:
    config = DigitsConfig(share=share)
    dataset = load(config)
    expected = cost(config)
    assert len(dataset.train) == num_examples(config) == expected.num_train
    assert (len(dataset.validation), len(dataset.test)) == (expected.num_validation, expected.num_test)


def test_every_data_set_has_its_sizes() -> None:
    assert set(NUM_EXAMPLES) == set(DIGITS.Config.__dataclass_fields__["data"].metadata["knob"].options)


@every_preset
def test_the_estimated_step_is_within_a_factor_of_the_real_one(preset: Preset, one_core_speed: float) -> None:
    config = DigitsConfig(**preset.values)
    estimated = step_seconds(
        cost(config),
        batch_size=config.batch_size,
        num_parameters=DIGITS.num_parameters(config),
        flops_per_second=one_core_speed,
    )
    assert 1 / 2.5 < estimated / real_step_seconds(config) < 2.5


def test_adversarial_examples_cost_a_second_pass(one_core_speed: float) -> None:
    config = replace(DigitsConfig(), adversarial=0.1)
    assert cost(config).passes == 2
    estimated = step_seconds(
        cost(config),
        batch_size=config.batch_size,
        num_parameters=DIGITS.num_parameters(config),
        flops_per_second=one_core_speed,
    )
    assert 1 / 2.5 < estimated / real_step_seconds(config) < 2.5


def real_step_seconds(config: Config, task: Training = DIGITS, data: Dataset | None = None) -> float:
    """Processor seconds of one step with one thread, the fastest of a few: others on the machine do not count."""
    placement = Placement(threads=1, channels_last=True)
    loop = Loop(task, config, data or noise(512), task.learner(config, placement), (config.epochs,))

    def timed() -> float:
        start = time.process_time()
        loop.step = 0
        loop.advance()
        return time.process_time() - start

    timed()
    return min(timed() for _ in range(5))


def test_a_whole_run_takes_about_as_long_as_estimated(one_core_speed: float) -> None:
    preset = next(preset for preset in DIGITS.presets if preset.name == "seed")
    config = DigitsConfig(**{**preset.values, "epochs": 2})
    learner = DIGITS.learner(config, Placement())
    dataset = load(config)
    start = time.process_time()
    for _ in train(DIGITS, config, dataset, learner=learner):
        pass
    assert 1 / 3 < seconds(config, one_core_speed) / (time.process_time() - start) < 3


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 32},
        {"epochs": 10},
        {"augmentation": "strong"},
        {"batch_size": 8},
        {"data": "mnist"},
        {"depth": 4},
        {"kernel": 5},
        {"adversarial": 0.1},
    ],
    ids=str,
)
def test_more_work_takes_longer(changes: dict[str, Any]) -> None:
    assert seconds(replace(DigitsConfig(), **changes)) > 1.02 * seconds(DigitsConfig())


@pytest.mark.parametrize(
    "changes", [{"width": 64}, {"data": "mnist"}, {"batch_size": 1024}, {"averaging": 0.99}], ids=str
)
def test_more_to_keep_takes_more_memory(changes: dict[str, Any]) -> None:
    assert num_bytes(replace(DigitsConfig(), **changes)) > num_bytes(DigitsConfig())


def test_adam_keeps_two_numbers_more_for_each_weight_than_sgd() -> None:
    adam, sgd = DigitsConfig(optimizer="adam"), DigitsConfig(optimizer="sgd")
    assert num_bytes(adam) - num_bytes(sgd) == 2 * 4 * DIGITS.num_parameters(adam)


def test_a_faster_machine_is_faster_but_steps_keep_their_fixed_part() -> None:
    config = DigitsConfig()
    assert seconds(config, 1e11) < seconds(config, 5e10) < 2 * seconds(config, 1e11)


def test_fewer_examples_than_a_batch_still_make_one_step_an_epoch() -> None:
    tiny = DigitsConfig(share=0.3, batch_size=1024)  # 10 examples
    assert 0 < seconds(tiny) < seconds(DigitsConfig(batch_size=1024))


def test_the_speed_of_this_machine_is_plausible_and_leaves_the_threads_alone() -> None:
    assert 1e8 < machine_speed() < 1e14
    assert torch.get_num_threads() == 1


def test_the_estimate_reports_the_parameters_of_the_task() -> None:
    config = DigitsConfig()
    assert estimate(DIGITS, config, flops_per_second=1e11).num_parameters == DIGITS.num_parameters(config)


@pytest.mark.parametrize(
    ("demo", "values"),
    [
        ("digits", {}),
        ("digits", {"start": "release"}),
        ("digits", {"network": "plain"}),
        ("sentiment", {"share": 5.0}),
        ("sentiment", {"share": 5.0, "network": "lstm"}),
        ("sentiment", {"start": "release", "data": "sst2"}),
        ("sentiment", {"network": "minilm"}),
        ("sentiment", {"network": "minilm", "tuning": "last", "last_layers": 1}),
        ("sentiment", {"network": "minilm", "tuning": "lora"}),
        ("generator", {}),
        ("generator", {"data": "fashion", "conditional": False}),
        ("plane", {}),
    ],
    ids=str,
)
def test_the_trained_numbers_that_are_said_are_those_that_the_optimizers_hold(
    demo: str, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_encoder.put_in_place(monkeypatch)
    task = demos.task(demo)
    config = task.Config(**values)
    optimizers = [one for one in vars(task.learner(config, Placement())).values() if isinstance(one, Optimizer)]
    held = sum(value.numel() for one in optimizers for group in one.param_groups for value in group["params"])
    assert task.num_parameters(config) == held > 0


@pytest.mark.parametrize("values", [{}, {"width": 32, "layers": 1}, {"data": "imdb", "width": 256}], ids=str)
def test_packed_sentences_cost_no_less_than_the_same_network_without_packing(values: dict[str, Any]) -> None:
    task = demos.task("sentiment")
    config = task.Config(network="lstm", **values)
    tokens, width = num_tokens(config), config.width

    def made() -> nn.Module:
        return nn.LSTM(width, width // 2, config.layers, batch_first=True, bidirectional=True)

    def step(network: NetworkCost) -> float:
        cost = replace(task.cost(config), network=network)
        return step_seconds(cost, batch_size=64, num_parameters=0, flops_per_second=1e11)

    plain, packed = step(network_cost(made, (tokens, width))), step(task.cost(config).network)
    assert plain < packed < 2.5 * plain


def test_several_steps_of_the_discriminator_take_the_time_of_their_layers_each() -> None:
    task = demos.task("generator")
    pictures = Split(torch.randint(0, 255, (80, 28, 28), dtype=torch.uint8), torch.arange(80) % 10, "")

    def layers_called(config: Any) -> int:
        learner = task.learner(config, Placement())
        calls = 0

        def count(*_: Any) -> None:
            nonlocal calls
            calls += 1

        for network in (learner.generator, learner.discriminator):
            for module in network.modules():
                if not any(module.children()):
                    module.register_forward_hook(count)
        data = Dataset(pictures, pictures, pictures)
        Loop(task, config, data, learner, (1,)).advance()
        return calls

    one, five = (task.Config(loss="non_saturating", batch_size=16, discriminator_steps=steps) for steps in (1, 5))
    assert layers_called(five) > 2 * layers_called(one)
    growth = task.cost(five).network.num_layers / task.cost(one).network.num_layers
    assert growth == pytest.approx(layers_called(five) / layers_called(one), rel=0.35)


@pytest.mark.parametrize("steps", [1, 5])
def test_an_evaluation_of_a_generator_is_estimated_by_what_it_computes(steps: int) -> None:
    task = demos.task("generator")
    config = task.Config(discriminator_steps=steps)
    pictures = Split(torch.randint(0, 255, (500, 28, 28), dtype=torch.uint8), torch.arange(500) % 10, "")
    learner = task.learner(config, Placement())
    learner.evaluate(pictures)  # what is real is looked at once
    with FlopCounterMode(display=False) as counter:
        learner.evaluate(pictures)
    evaluation = task.cost(config).evaluation
    assert evaluation is not None
    assert evaluation.flops == pytest.approx(counter.get_total_flops() / 500, rel=0.05)
