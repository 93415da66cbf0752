"""Layers, attributions and attacks against numbers worked by hand, PyTorch's own hooks and captum."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.demos.digits.network import convolutional_network, plain_network
from core.explain import adversarial, attribution, layers

SHAPES = {
    "cnn": {"depth": 3, "width": 4, "kernel": 5, "activation": "relu", "normalisation": True},
    "cnn without normalisation": {"depth": 2, "width": 4, "kernel": 7, "activation": "tanh", "normalisation": False},
    "cnn of two convolutions a block": {
        "depth": 2,
        "convolutions": 2,
        "width": 4,
        "kernel": 3,
        "activation": "relu",
        "normalisation": True,
    },
    "plain": {"hidden_layers": 2, "hidden_size": 16, "activation": "gelu", "normalisation": True},
}


def make(name: str) -> nn.Sequential:
    """A network with random weights and statistics, so that no step is the identity by chance."""
    torch.manual_seed(1)
    build = plain_network if name == "plain" else convolutional_network
    network = build(dropout=0.5, **SHAPES[name])  # type: ignore[operator]
    for layer in network:
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, -1, 1)
            nn.init.uniform_(layer.running_var, 0.5, 2)
            nn.init.uniform_(layer.weight, 0.5, 2)
            nn.init.uniform_(layer.bias, -1, 1)
    return network.eval()


@pytest.fixture
def image() -> torch.Tensor:
    return torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(2))


def by_hand() -> nn.Sequential:
    """One 3×3 filter with bias, maximum of 2×2, ReLU, and two answers from the four numbers that are left."""
    conv = nn.Conv2d(1, 1, 3, padding="same")
    linear = nn.Linear(4, 2)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([[[[0.0, 1.0, 0.0], [2.0, -1.0, 0.0], [0.0, 0.0, 3.0]]]]))
        conv.bias.fill_(0.5)  # type: ignore[union-attr]
        linear.weight.copy_(torch.tensor([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, -1.0]]))
        linear.bias.copy_(torch.tensor([0.0, 1.0]))
    return nn.Sequential(conv, nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), linear).eval()


BY_HAND = torch.tensor([[[[0.0, 0.5, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0]]]])


def test_a_cell_is_the_sum_that_was_worked_by_hand() -> None:
    block = layers.trace(by_hand(), BY_HAND)[0]
    chosen = layers.cell(block, 0, 1, 1)
    np.testing.assert_array_equal(chosen.inputs[0], [[0, 0.5, 0], [0, 1, 0], [0, 1, 0.5]])
    assert chosen.bias == 0.5
    assert chosen.total == chosen.computed == 1 * 0.5 - 1 * 1 + 3 * 0.5 + 0.5
    corner = layers.cell(block, 0, 0, 0)
    np.testing.assert_array_equal(corner.inputs[0], [[0, 0, 0], [0, 0, 0.5], [0, 0, 1]])  # zeros beyond the border
    assert corner.total == corner.computed == 3 * 1 + 0.5


def test_the_steps_after_a_cell_are_those_that_were_worked_by_hand() -> None:
    block = layers.trace(by_hand(), BY_HAND)[0]
    pooled, activated = layers.passed_on(block, layers.cell(block, 0, 1, 1))
    assert pooled.value == activated.value == 3.5
    assert pooled.sentence == "the largest of 3.5000, 0.0000, 3.5000, 1.5000"
    assert activated.sentence == "the larger of 0 and 3.5000"


@pytest.mark.parametrize("name", SHAPES)
def test_every_layer_is_what_hooks_on_the_network_see(name: str, image: torch.Tensor) -> None:
    network = make(name)
    seen: dict[nn.Module, np.ndarray] = {}
    hooks = [
        layer.register_forward_hook(lambda layer, _, out: seen.update({layer: out[0].numpy()})) for layer in network
    ]
    with torch.no_grad():
        network(image)
    for hook in hooks:
        hook.remove()
    blocks = layers.trace(network, image)
    assert blocks[-1].label == "Answers"
    for block in blocks:
        np.testing.assert_array_equal(block.sums, seen[block.layer])
        for step in block.steps:
            np.testing.assert_array_equal(step.values, seen[step.layer])


@pytest.mark.parametrize("name", SHAPES)
def test_every_cell_is_the_sum_of_its_products(name: str, image: torch.Tensor) -> None:
    for block in layers.trace(make(name), image):
        for unit in (0, len(block.sums) - 1):
            for row, column in [(0, 0), (1, 2), (6, 6)] if block.is_convolution else [(0, 0)]:
                chosen = layers.cell(block, unit, row, column)
                assert chosen.total == pytest.approx(chosen.computed, abs=1e-5)


@pytest.mark.parametrize("name", SHAPES)
def test_what_a_step_is_said_to_make_of_a_cell_can_be_computed_from_the_sentence(
    name: str, image: torch.Tensor
) -> None:
    for block in layers.trace(make(name), image):
        for passed in layers.passed_on(block, layers.cell(block, 1)):
            if passed.label == "Batch normalisation":
                formula = passed.sentence.partition(":")[0].replace("−", "-").replace("×", "*")
                assert eval(formula) == pytest.approx(passed.value, abs=2e-3)


def test_a_cell_that_pooling_leaves_out_is_said(image: torch.Tensor) -> None:
    block = layers.trace(make("cnn"), image)[2]  # 7×7 → 3×3
    assert [passed.value for passed in layers.passed_on(block, layers.cell(block, 0, 6, 0))] == [None]


def test_integrated_gradients_of_a_linear_score_are_weight_times_pixel() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    image = torch.tensor([[[[0.2, 0.4], [0.0, 1.0]]]])
    found = attribution.integrated_gradients(network, image, target=1)
    weights = network[1].weight[1].detach().reshape(2, 2)
    np.testing.assert_allclose(found.values, (weights * image[0, 0]).numpy(), atol=1e-6)
    assert found.score - found.blank_score == pytest.approx(float(found.values.sum()), abs=1e-6)
    assert abs(found.error) < 1e-6


def test_integrated_gradients_and_their_error_are_captums(image: torch.Tensor) -> None:
    from captum.attr import IntegratedGradients

    network = make("cnn")
    values, delta = IntegratedGradients(network).attribute(
        image, torch.zeros_like(image), target=3, n_steps=50, return_convergence_delta=True
    )
    found = attribution.integrated_gradients(network, image, target=3)
    np.testing.assert_allclose(found.values, values[0, 0].detach().numpy(), atol=1e-6)
    assert found.error == pytest.approx(float(delta), abs=1e-4)


def test_occlusion_is_captums(image: torch.Tensor) -> None:
    from captum.attr import Occlusion

    network = make("cnn")
    expected = Occlusion(network).attribute(
        image, sliding_window_shapes=(1, 4, 4), strides=(1, 2, 2), target=3, perturbations_per_eval=64
    )
    found = attribution.occlusion(network, image, target=3)
    np.testing.assert_allclose(found.values, expected[0, 0].detach().numpy(), atol=1e-5)


def test_the_attack_on_a_linear_score_was_worked_by_hand() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(3, 2, bias=False))
    with torch.no_grad():
        network[1].weight.copy_(torch.tensor([[1.0, -1.0, 0.0], [0.0, 0.0, 0.0]]))
    image = torch.tensor([[[[0.5, 0.25, 0.1]]]])
    sign = adversarial.gradient_sign(network, image, torch.tensor([0]))
    assert sign.flatten().tolist() == [-1, 1, 0]  # against the first score
    assert adversarial.fooled(image, sign, 0.3).flatten().tolist() == pytest.approx([0.2, 0.55, 0.1])
    probabilities = adversarial.answers(network, image, sign, [0, 0.1, 0.2])  # scores 0.25, 0.05, −0.15 against 0
    np.testing.assert_allclose(probabilities[:, 0], torch.sigmoid(torch.tensor([0.25, 0.05, -0.15])), atol=1e-6)
    assert adversarial.flip(probabilities) == 2
    assert adversarial.flip(probabilities[:2]) is None


def test_the_attack_is_captums_and_leaves_no_gradient_behind(image: torch.Tensor) -> None:
    from captum.robust import FGSM

    network = make("cnn")
    label = torch.tensor([4])
    sign = adversarial.gradient_sign(network, image, label)
    assert all(parameter.grad is None for parameter in network.parameters())
    expected = FGSM(network, nn.CrossEntropyLoss(reduction="none"), 0, 1).perturb(
        image.clone().requires_grad_(), 0.1, label
    )
    torch.testing.assert_close(adversarial.fooled(image, sign, 0.1), expected)


def test_accuracy_under_attack_begins_with_the_plain_accuracy_and_falls() -> None:
    generator = torch.Generator().manual_seed(0)
    network = make("plain")
    images = torch.rand(300, 1, 28, 28, generator=generator)
    with torch.no_grad():
        labels = network(images).argmax(1)
    labels[:30] = (labels[:30] + 1) % 10
    shares = adversarial.accuracies(network, images, labels, [0, 0.05, 0.3])
    assert shares[0] == 0.9
    assert shares[0] > shares[1] >= shares[2]
    one = F.cross_entropy(network(images[:1]), labels[:1])
    moved = adversarial.fooled(images[:1], adversarial.gradient_sign(network, images[:1], labels[:1]), 0.01)
    assert F.cross_entropy(network(moved), labels[:1]) > one
