"""The arithmetic of page Foundations, compared with PyTorch: derivatives, one step, small trainings, points, tables."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from core.data import points
from core.errors import InvalidInputError
from core.knobs import Settings, from_text, knobs, to_json
from core.lessons import backprop, playground
from core.lessons.activations import ACTIVATIONS, softmax_jacobian
from core.lessons.backprop import NUM_STEPS, StepSettings
from core.lessons.backprop_substeps import trace
from core.lessons.gradient_flow.training import GradientSettings
from core.lessons.neuron import NeuronSettings, line, neuron, surface
from core.lessons.optimizer_race import figures
from core.lessons.overfitting.training import OverfittingConfig
from core.lessons.playground import PlaygroundSettings
from core.lessons.playground_reference import order, train

TORCH: dict[str, Any] = {
    "relu": torch.relu,
    "leaky_relu": lambda z: torch.nn.functional.leaky_relu(z, 0.1),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": torch.nn.functional.gelu,
    "linear": lambda z: z * 1,
}
SETTINGS = [
    NeuronSettings,
    StepSettings,
    PlaygroundSettings,
    figures.RaceSettings,
    GradientSettings,
    OverfittingConfig,
]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_and_its_derivative_are_those_of_autograd(name: str) -> None:
    z = np.linspace(-30, 30, 240)  # without 0, where ReLU has no derivative
    reference = torch.tensor(z, requires_grad=True)
    outputs = TORCH[name](reference)
    outputs.sum().backward()
    np.testing.assert_allclose(ACTIVATIONS[name].value(z), outputs.detach().numpy(), atol=1e-12)
    assert reference.grad is not None
    np.testing.assert_allclose(ACTIVATIONS[name].derivative(z), reference.grad.numpy(), atol=1e-12)


def test_the_derivatives_of_softmax_are_those_of_autograd() -> None:
    z = np.array([2.0, -1.0, 0.5])
    reference = torch.autograd.functional.jacobian(lambda t: torch.softmax(t, 0), torch.tensor(z))
    np.testing.assert_allclose(softmax_jacobian(z), reference.numpy(), atol=1e-12)


def test_a_neuron_multiplies_adds_and_bends() -> None:
    settings = NeuronSettings(inputs=3, activation="relu", x1=1.0, x2=2.0, x3=-1.0, w1=0.5, w2=1.0, w3=2.0, b=0.3)
    now = neuron(settings)
    assert now.products == (0.5, 2.0, -2.0)
    assert now.z == pytest.approx(0.8)
    assert (now.y, now.slope) == (pytest.approx(0.8), 1.0)
    assert neuron(NeuronSettings(activation="sigmoid", w1=4.0, x1=3.0)).is_saturated


def test_the_line_of_a_neuron_is_where_its_sum_is_zero() -> None:
    settings = NeuronSettings(w1=1.0, w2=2.0, b=1.0)
    ends = line(settings)
    assert ends is not None
    for x1, x2 in ends:
        assert x1 + 2 * x2 + 1 == pytest.approx(0, abs=1e-8)
    assert line(NeuronSettings(w1=0.1, w2=0.1, b=6.0)) is None
    assert line(NeuronSettings(w1=0.0, w2=0.0, b=1.0)) is None
    axis = np.array([-1.0, 1.0])
    z = axis[None, :] + 2 * axis[:, None] + 1
    np.testing.assert_allclose(surface(settings, axis), 1 / (1 + np.exp(-z)))


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_every_gradient_of_the_step_is_that_of_autograd(activation: str, loss: str) -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        weights = dict(zip(backprop.PARAMETERS, random.uniform(-2, 2, 13), strict=True))
        given: dict[str, Any] = {**weights, "x1": random.uniform(-2, 2), "target": random.uniform(0, 1)}
        settings = StepSettings(activation=activation, loss=loss, **given)
        ours = backprop.numbers(settings)
        for name, value in backprop.autograd(settings).items():
            assert ours[name] == pytest.approx(value, abs=1e-12), name


def test_the_update_is_that_of_sgd() -> None:
    settings = StepSettings(learning_rate=0.3)
    parameter = torch.tensor([settings.w11], dtype=torch.float64, requires_grad=True)
    parameter.grad = torch.tensor([backprop.autograd(settings)["dw11"]], dtype=torch.float64)
    torch.optim.SGD([parameter], lr=0.3).step()
    assert backprop.numbers(settings)["new_w11"] == pytest.approx(float(parameter.detach()), abs=1e-12)


def test_the_story_of_a_step_makes_every_number_once_and_only_from_known_ones() -> None:
    steps = trace(StepSettings())
    assert len(steps.steps) == NUM_STEPS + 1
    made = [name for step in steps.steps for name in step.makes]
    assert len(made) == len(set(made))
    gradients_made = {f"d{name}" for name in backprop.PARAMETERS} - {"db1", "db2", "db3"}
    assert gradients_made | {f"new_{name}" for name in backprop.PARAMETERS} | {"L", "new_L"} <= set(made) | {"db1"}
    assert [step.phase for step in steps.steps].index("backward") > [s.phase for s in steps.steps].index("loss")


def test_cross_entropy_without_a_value_is_refused_with_the_remedy() -> None:
    with pytest.raises(InvalidInputError, match="smaller weights"):
        trace(StepSettings(loss="cross_entropy", activation="relu", x1=2.0, w11=10.0, v1=10.0))


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_the_settings_of_a_place_survive_the_address(kind: type[Settings]) -> None:
    values = to_json(kind())
    assert from_text(kind, {name: str(value) for name, value in values.items()}) == (kind(), [])
    assert [name for name, declared in knobs(kind).items() if not declared.help.endswith(".")] == []


def test_a_whole_playground_survives_the_address() -> None:
    painted = points.encode(np.array([[1.0, -2.0, 1.0], [-3.0, 3.0, 0.0]]))
    settings = PlaygroundSettings(
        data="points", points=painted, layers="relu16-sigmoid1", features="x1,sq2,sin2", rates="0.03,120:0.001",
        optimizer="momentum", l1=0.001, dropout=0.3, seed=7, step=345,
    )  # fmt: skip
    text = {name: str(value) for name, value in to_json(settings).items()}
    assert from_text(PlaygroundSettings, text) == (settings, [])


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("layers", ["relu17", "relu0", "swish4", "-".join(["relu2"] * 7), "", "relu", 4]),
        ("features", ["", "x3", "x1,x1", "x1;x2", None]),
        ("rates", ["", "11", "0.1,0:0.2", "0.1,50:0.2,40:0.3", "0.1,a:1", "nan", 0.1]),
        ("points", ["AAA", "****", "00/0", "00+0", "AA==", "AAAA" * 301, 5]),
        ("heights", ["AAAA", "******", "AAAAAA" * 301, 5]),
    ],
)
def test_what_the_playground_does_not_allow_is_refused(name: str, bad: list[Any]) -> None:
    declared = knobs(PlaygroundSettings)[name]
    assert [value for value in bad if declared.allows(value)] == []
    assert declared.allowed()


@pytest.mark.parametrize("data", playground.MADE)
def test_every_data_set_fits_the_plane_and_depends_on_the_seed_alone(data: str) -> None:
    first, again = (playground.start(PlaygroundSettings(data=data, seed=3)) for _ in range(2))
    other = playground.start(PlaygroundSettings(data=data, seed=4))
    assert np.abs(first.plane).max() <= points.PLANE
    np.testing.assert_array_equal(first.plane, again.plane)
    assert not np.array_equal(first.plane, other.plane)
    assert first.num_train == 210
    assert all((a == b).all() for a, b in zip(first.weights, again.weights, strict=True))
    if data in playground.CLASSES:
        assert set(first.targets) == {0.0, 1.0}


def test_a_run_without_points_begins_all_the_same() -> None:
    begin = playground.start(PlaygroundSettings(data="points"))
    assert begin.inputs.shape == (0, 2)
    assert begin.num_train == 0


def test_the_same_seed_gives_the_same_run_in_the_reference() -> None:
    settings = PlaygroundSettings(dropout=0.2, layers="tanh4")
    first, again = train(settings, 30), train(settings, 30)
    for a, b in zip((*first[0], *first[1]), (*again[0], *again[1]), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[0][0], train(dataclasses.replace(settings, seed=1), 30)[0][0])


def test_an_epoch_has_every_example_once_in_an_order_of_its_own() -> None:
    assert sorted(order(0, 0, 50)) == list(range(50))
    assert order(0, 0, 50) != order(0, 1, 50)
    assert order(0, 1, 50) == order(0, 1, 50)


def test_the_reference_separates_the_spirals() -> None:
    settings = PlaygroundSettings(data="spirals", layers="tanh8-tanh8-tanh8", noise=0.0, rates="0.01", test_share=0)
    weights, biases = train(settings, 4000)
    begin = playground.start(settings)
    values = begin.inputs
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        values = np.tanh(values @ weight.T + bias)
    outputs = (values @ weights[-1].T + biases[-1])[:, 0]
    assert ((outputs > 0) == (begin.targets > 0.5)).mean() > 0.95


@pytest.mark.parametrize("name", figures.SURFACES)
def test_every_gradient_of_a_surface_is_that_of_autograd_and_minima_are_flat(name: str) -> None:
    on = figures.SURFACES[name]
    for x, y in [*np.random.default_rng(0).uniform(-2, 2, (10, 2)), on.start]:
        place = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
        on.value(place[0], place[1]).backward()
        assert place.grad is not None
        np.testing.assert_allclose(on.gradient(float(x), float(y)), place.grad.numpy(), atol=1e-9)
    for x, y in on.lowest:
        np.testing.assert_allclose(on.gradient(x, y), 0, atol=1e-3)


@pytest.mark.parametrize("optimizer", figures.OPTIMIZERS)
@pytest.mark.parametrize("surface_name", figures.SURFACES)
def test_every_path_is_that_of_pytorchs_optimizer(surface_name: str, optimizer: str) -> None:
    on = figures.SURFACES[surface_name]
    place = torch.tensor(on.start, dtype=torch.float64, requires_grad=True)
    stepper: torch.optim.Optimizer = torch.optim.Adam([place], lr=0.02)
    if optimizer != "adam":
        stepper = torch.optim.SGD([place], lr=0.02, momentum=figures.MOMENTUM if optimizer == "momentum" else 0.0)
    reference = [on.start]
    for _ in range(40):
        stepper.zero_grad()
        on.value(place[0], place[1]).backward()
        stepper.step()
        reference.append(tuple(place.detach().tolist()))
    np.testing.assert_allclose(figures.path(surface_name, optimizer, 0.02, 40).places, reference, atol=1e-8)


def test_momentum_is_first_in_the_narrow_valley_as_the_place_says() -> None:
    arrived = {name: path.steps_to(0.01) or 10**6 for name, path in figures.paths(figures.RaceSettings()).items()}
    assert min(arrived, key=lambda name: arrived[name]) == "momentum"


def test_a_path_that_leaves_everything_behind_ends() -> None:
    path = figures.path("bent", "sgd", 5.0, 100)
    assert path.diverged
    assert np.isfinite(path.places).all()
