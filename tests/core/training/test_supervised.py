"""A step on adversarial examples against one worked by hand and one written out with PyTorch's own functions."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.contract import Batch, Placement, Progress, Split
from core.demos.digits.config import PRESETS, DigitsConfig
from core.demos.digits.learner import make_attack, make_learner
from core.training.supervised import SupervisedLearner

START = Progress(step=0, steps_per_epoch=10, phases=(1,))


def batch(inputs: torch.Tensor, targets: list[int]) -> Batch:
    return Batch(inputs=inputs, targets=torch.tensor(targets), chance=torch.rand(len(targets), 38))


def test_the_attacked_half_was_worked_by_hand() -> None:
    """Scores w·x against 0, w = (1, −2): at x = (0.5, 0.2) the score is 0.1 and right is the first class.

    J = log(1 + e^−s), dJ/ds = −σ(−s), so ∇ₓJ = −σ(−0.1) (1, −2): x moves by 0.1 to (0.4, 0.3), where s = −0.2.
    """
    network = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[1.0, -2.0], [0.0, 0.0]]))
    learner = SupervisedLearner(
        network=network,
        loss=F.cross_entropy,
        optimizer=torch.optim.SGD([network.weight], lr=1.0),
        prepare=lambda stored, chance: stored,
        schedule="constant",
        averaging=0.0,
        placement=Placement(),
        attack=make_attack(0.1),
    )
    reported = learner.step(batch(torch.tensor([[0.5, 0.2]]), [0]), START)
    plain, attacked = torch.sigmoid(torch.tensor([-0.1, 0.2])).tolist()  # σ(−s) of both halves
    expected = [1 + 0.5 * (plain * 0.5 + attacked * 0.4), -2 + 0.5 * (plain * 0.2 + attacked * 0.3)]
    assert network.weight[0].tolist() == pytest.approx(expected, abs=1e-6)
    assert float(reported["loss"]) == pytest.approx(float(F.softplus(torch.tensor(-0.1))), abs=1e-6)
    assert float(reported["accuracy"]) == 100


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
@pytest.mark.parametrize("changes", [{}, {"loss": "mse"}], ids=str)
def test_a_step_equals_the_sum_of_both_losses_differentiated_at_once(preset: object, changes: dict[str, str]) -> None:
    config = DigitsConfig(**{**preset.values, **changes, "optimizer": "sgd", "dropout": 0.0, "adversarial": 0.1})  # type: ignore[attr-defined]
    learner, other = (make_learner(config, Placement()) for _ in range(2))
    pictures = torch.randint(0, 256, (8, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    given = batch(pictures, list(range(8)))
    learner.step(given, START)

    inputs = other.prepare(given.inputs, given.chance).requires_grad_()
    plain = other.loss(other.network(inputs), given.targets)
    (gradient,) = torch.autograd.grad(plain, inputs, retain_graph=True)
    moved = (inputs.detach() + 0.1 * gradient.sign()).clamp(0, 1)
    other.optimizer.zero_grad()
    ((plain + other.loss(other.network(moved), given.targets)) / 2).backward()
    for group in other.optimizer.param_groups:
        group["lr"] *= 0.04 if config.schedule == "one_cycle" else 1.0  # the first step of a warm-up
    other.optimizer.step()
    for one, two in zip(learner.network.parameters(), other.network.parameters(), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-6)


def averaging(decay: float) -> SupervisedLearner:
    network = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[1.0, -2.0], [0.0, 0.0]]))
    return SupervisedLearner(
        network=network,
        loss=F.cross_entropy,
        optimizer=torch.optim.SGD([network.weight], lr=1.0),
        prepare=lambda stored, chance: stored,
        schedule="constant",
        averaging=decay,
        placement=Placement(),
    )


def averages(learner: SupervisedLearner, count: int) -> tuple[list[float], list[float]]:
    """One weight after each step, and its average."""
    weights, averaged = [], []
    for _ in range(count):
        learner.step(batch(torch.tensor([[0.5, 0.2]]), [0]), START)
        weights.append(learner.network.weight[0, 0].item())  # type: ignore[union-attr,operator]
        averaged.append(learner.answering.weight[0, 0].item())  # type: ignore[union-attr,operator]
    return weights, averaged


def test_the_average_follows_quickly_at_first_and_then_at_its_own_pace() -> None:
    """After the first step it is the weight itself, then it keeps 2/11, 3/12, 4/13 … of itself, at most its decay."""
    weights, averaged = averages(averaging(0.3), 6)
    expected = weights[0]
    assert averaged[0] == pytest.approx(expected)
    for decay, weight, found in zip([2 / 11, 3 / 12, 0.3, 0.3, 0.3], weights[1:], averaged[1:], strict=True):
        expected = decay * expected + (1 - decay) * weight
        assert found == pytest.approx(expected, abs=1e-6)


def test_a_run_that_began_without_the_quick_start_goes_on_without_it() -> None:
    begun = averaging(0.9)
    averages(begun, 2)
    old = {name: value for name, value in begun.state_dict().items() if name != "average_warms_up"}
    resumed = averaging(0.9)
    resumed.load_state_dict(old)
    before = resumed.answering.weight[0, 0].item()  # type: ignore[union-attr,operator]
    (weight,), (found,) = averages(resumed, 1)
    assert found == pytest.approx(0.9 * before + 0.1 * weight, abs=1e-6)
    again = averaging(0.9)
    again.load_state_dict(resumed.state_dict())  # saved by this version, and still the same run
    (weight,), (later,) = averages(again, 1)
    assert later == pytest.approx(0.9 * found + 0.1 * weight, abs=1e-6)


def test_accuracy_comes_with_what_guessing_gets() -> None:
    targets = torch.tensor([0, 1, 1, 1])
    measured = averaging(0.0).evaluate(Split(inputs=torch.rand(4, 2), targets=targets, name="four"))
    assert (measured["majority"], measured["num_classes"]) == (75.0, 2)


def test_without_the_knob_nothing_is_attacked() -> None:
    assert make_attack(0.0) is None
    assert make_learner(DigitsConfig(), Placement()).attack is None


def test_it_works_in_half_precision_too() -> None:
    config = replace(DigitsConfig(), adversarial=0.1)
    learner = make_learner(config, Placement(precision="bfloat16", channels_last=True))
    pictures = torch.randint(0, 256, (8, 28, 28), dtype=torch.uint8)
    reported = learner.step(batch(pictures, list(range(8))), START)
    assert reported["loss"].isfinite()
    assert all(parameter.isfinite().all() for parameter in learner.network.parameters())
