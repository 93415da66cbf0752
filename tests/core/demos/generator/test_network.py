"""Generator and discriminator: their size, and how they are told the class."""

from typing import Any

import pytest
import torch

from core.demos.generator.config import PRESETS, GeneratorConfig
from core.demos.generator.learner import num_parameters
from core.demos.generator.network import Discriminator, Generator


def test_the_default_networks_have_about_85_thousand_parameters() -> None:
    assert 80_000 < num_parameters(GeneratorConfig()) < 90_000


def test_a_generator_without_classes_draws_the_same_whatever_label_is_given() -> None:
    network = Generator(latent=4, num_classes=0, width=8).eval()
    vectors = torch.randn(3, 4)
    first, second = network(vectors, torch.zeros(3).long()), network(vectors, torch.ones(3).long())
    assert torch.equal(first, second)
    assert first.shape == (3, 1, 28, 28)


def test_the_class_is_told_to_both_networks() -> None:
    torch.manual_seed(0)
    generator, discriminator = (
        Generator(latent=4, num_classes=10, width=8).eval(),
        Discriminator(num_classes=10, width=8),
    )
    vectors, threes, fours = torch.randn(2, 4), torch.full((2,), 3), torch.full((2,), 4)
    images = generator(vectors, threes)
    assert not torch.equal(images, generator(vectors, fours))
    assert not torch.equal(discriminator(images, threes), discriminator(images, fours))


def test_the_projection_is_the_product_of_class_and_features() -> None:
    torch.manual_seed(0)
    network = Discriminator(num_classes=10, width=8)
    images, labels = torch.rand(4, 1, 28, 28), torch.tensor([0, 3, 3, 9])
    assert network.classes is not None
    found = network.found(2 * images - 1)
    expected = network.score(found)[:, 0] + torch.einsum("nf,nf->n", network.classes.weight[labels], found)
    torch.testing.assert_close(network(images, labels), expected)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_makes_both_networks(preset: Any) -> None:
    assert num_parameters(GeneratorConfig(**preset.values)) > 50_000
