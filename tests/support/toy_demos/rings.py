"""A demo that generates: two networks, two optimizers, no metric to select by. Points on a ring, from noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.contract import Batch, Cost, Dataset, Metric, NetworkCost, Placement, Progress, Split, Training
from core.demo import Demo
from core.knobs import Config, Real, knob

NUM_TRAIN, BATCH_SIZE, LATENT = 256, 32, 4


@dataclass(frozen=True)
class RingsConfig(Config):
    learning_rate: float = knob(
        Real(label="Learning rate", help="Of both networks.", low=1e-5, high=1.0, step=1e-5, scale="log"), 2e-3
    )


class RingsLearner:
    """A non-saturating GAN (Goodfellow et al. 2014) of points in the plane."""

    def __init__(self, config: RingsConfig) -> None:
        import torch
        from torch import nn

        torch.manual_seed(config.seed)
        self.generator = nn.Sequential(nn.Linear(LATENT, 16), nn.ReLU(), nn.Linear(16, 2))
        self.discriminator = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Dropout(0.1), nn.Linear(16, 1))
        self.optimizers = {
            name: torch.optim.Adam(network.parameters(), lr=config.learning_rate, betas=(0.0, 0.99))
            for name, network in (("generator", self.generator), ("discriminator", self.discriminator))
        }

    def step(self, batch: Batch, progress: Progress) -> Mapping[str, Any]:
        import torch
        from torch.nn.functional import softplus

        self.discriminator.train()
        made = self.generator(torch.randn(len(batch.inputs), LATENT))
        real_loss = softplus(-self.discriminator(batch.inputs)) + softplus(self.discriminator(made.detach()))
        self._update("discriminator", real_loss.mean())
        fooling = softplus(-self.discriminator(made)).mean()
        self._update("generator", fooling)
        return {"discriminator": real_loss.mean().detach(), "generator": fooling.detach()}

    def _update(self, name: str, loss: Any) -> None:
        self.optimizers[name].zero_grad()
        loss.backward()
        self.optimizers[name].step()

    def evaluate(self, split: Split) -> Mapping[str, float]:
        import torch

        latent = torch.randn(len(split), LATENT, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            radius = self.generator(latent).norm(dim=1)
        return {"distance": float((radius - 1).abs().mean())}

    def preview(self, example: Any) -> Any:
        import torch

        with torch.no_grad():
            return self.generator(torch.tensor([example]))[0].tolist()

    def state_dict(self) -> dict[str, Any]:
        return {
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.generator.load_state_dict(state["generator"])
        self.discriminator.load_state_dict(state["discriminator"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])


def _load(config: RingsConfig) -> Dataset:
    import torch

    generator = torch.Generator().manual_seed(2)

    def split(count: int, name: str) -> Split:
        angles = torch.rand(count, generator=generator) * 2 * torch.pi
        return Split(torch.stack([angles.cos(), angles.sin()], dim=1), torch.zeros(count), f"{count} {name} points")

    return Dataset(train=split(NUM_TRAIN, "training"), validation=split(64, "validation"), test=split(64, "test"))


def _learner(config: RingsConfig, placement: Placement) -> RingsLearner:
    return RingsLearner(config)


TASK = Training(
    name="rings",
    Config=RingsConfig,
    presets=(),
    metrics=(
        Metric(name="generator", label="Generator loss"),
        Metric(name="discriminator", label="Discriminator loss"),
        Metric(name="distance", label="Distance from the ring"),
    ),
    select=None,
    num_chances=0,
    batch_size=lambda config: BATCH_SIZE,
    load=_load,
    learner=_learner,
    num_parameters=lambda config: 195,
    cost=lambda config: Cost(
        network=NetworkCost(flops=400, activations=40, num_layers=4, answering=400, learning=1_200),
        num_train=NUM_TRAIN,
        num_validation=64,
        num_test=64,
        example_bytes=8,
        optimizer_copies=2,
    ),
)

DEMO = Demo(
    title="Rings",
    order=100,
    icon=":material/circle:",
    sentence="Points on a ring.",
    training=TASK,
)
