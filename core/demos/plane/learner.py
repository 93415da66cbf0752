"""Data, networks, measures and pictures of the generator in the plane; how it trains is `Competition`'s business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from core.contract import Cost, Dataset, NetworkCost, Placement, Split
from core.demos.generator.competition import Competition
from core.demos.generator.competition_cost import competition_cost
from core.demos.plane.cloud import POINTS_SEED, REACH, points
from core.demos.plane.config import PlaneConfig
from core.training.estimate import network_cost

NUM_TRAIN, NUM_HELD_OUT = 4_096, 1_000
DRAWN_SEED = 8
NEAR = 0.08  # of a square with side 2: a heap is about 0.3 wide
NUM_SHOWN = 300  # points of a preview
SURFACE = 31  # places of D's surface in each direction
COMPARED_FLOPS = 150  # that take as long as one distance, and finding the nearest
MESH, FARTHEST = 13, 2.0  # lines of the mapped grid, and standard deviations to its border


def load(config: PlaneConfig) -> Dataset:
    """Points (N, 2) float32 with targets (N,) that say nothing; always the same for a shape.

    Raises:
        InvalidInputError: too few are painted.
    """

    def split(count: int, seed: int, which: str) -> Split:
        cloud = torch.from_numpy(points(config, count, seed=seed))
        return Split(inputs=cloud, targets=torch.zeros(count, dtype=torch.long), name=f"{count:,} {which} points")

    return Dataset(
        train=split(NUM_TRAIN, POINTS_SEED, "training"),
        validation=split(NUM_HELD_OUT, POINTS_SEED + 1, "validation"),
        test=split(NUM_HELD_OUT, POINTS_SEED + 2, "test"),
    )


class Layers(nn.Module):
    """Fully connected, two hidden layers with LeakyReLU: (B, inputs) and labels that are not used → (B, outputs)."""

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, outputs),
        )

    def forward(self, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.layers(inputs)
        return found


class Judging(Layers):
    """The discriminator: (B, 2) points → (B,) scores."""

    def __init__(self, width: int) -> None:
        super().__init__(2, 1, width)

    def forward(self, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return super().forward(inputs, labels).squeeze(1)


def num_parameters(config: PlaneConfig) -> int:
    """Trainable numbers of both networks."""
    with torch.device("meta"):
        networks = (Layers(config.latent, 2, config.width), Judging(config.width))
        return sum(parameter.numel() for network in networks for parameter in network.parameters())


def cost(config: PlaneConfig) -> Cost:
    """All that an estimate needs to know about a config."""

    def network(inputs: int, outputs: int, *, passes_back: bool = False) -> NetworkCost:
        return network_cost(lambda: Layers(inputs, outputs, config.width).layers, (inputs,), passes_back=passes_back)

    drawn = network(config.latent, 2)
    return Cost(
        network=competition_cost(config, drawn=drawn, scored=network(2, 1), fooled=network(2, 1, passes_back=True)),
        evaluation=replace(drawn, answering=drawn.answering + COMPARED_FLOPS * NUM_HELD_OUT),
        evaluation_batch=NUM_HELD_OUT,
        num_train=NUM_TRAIN,
        num_validation=NUM_HELD_OUT,
        num_test=NUM_HELD_OUT,
        example_bytes=16,
        optimizer_copies=3,
    )


class PlaneLearner(Competition[PlaneConfig]):
    """Two small networks over points; on the processor."""

    def __init__(self, config: PlaneConfig, placement: Placement) -> None:
        torch.manual_seed(config.seed)
        super().__init__(config, placement, Layers(config.latent, 2, config.width), Judging(config.width))

    @torch.no_grad()
    def drawn(self, vectors: torch.Tensor) -> torch.Tensor:
        """(N, latent) → (N, 2) points by the averaged generator."""
        found: torch.Tensor = self.average(vectors.to(self.placement.device), vectors)
        return found

    def _fixed(self, count: int) -> torch.Tensor:
        return torch.randn(count, self.config.latent, generator=torch.Generator().manual_seed(DRAWN_SEED))

    def evaluate(self, split: Split) -> Mapping[str, float]:
        """Shares of real and of as many generated points that have one of the others nearby."""
        apart = torch.cdist(split.inputs, self.drawn(self._fixed(len(split))))
        return {
            "covered": 100 * float((apart.min(1).values < NEAR).float().mean()),
            "hit": 100 * float((apart.min(0).values < NEAR).float().mean()),
        }

    @torch.no_grad()
    def preview(self, example: Any) -> Any:
        """What both networks are like now, in whole thousandths.

        Returns:
            `{"points": (N, 2), "mesh": where G takes a grid of latent vectors, (M, M, 2), (M, 2) or empty, "surface":
            D's scores (S, S), rows from below, less their median}`.
        """
        axis = torch.linspace(-REACH, REACH, SURFACE)
        places = torch.cartesian_prod(axis, axis).flip(1)
        scores = self.discriminator(places.to(self.placement.device), places)
        return {
            "points": _thousandths(self.drawn(self._fixed(NUM_SHOWN))),
            "mesh": _thousandths(self._mesh()),
            "surface": _thousandths((scores - scores.median()).reshape(SURFACE, SURFACE)),
        }

    def _mesh(self) -> torch.Tensor:
        axis = torch.linspace(-FARTHEST, FARTHEST, MESH)
        if self.config.latent == 1:
            return self.drawn(torch.linspace(-FARTHEST, FARTHEST, MESH * MESH)[:, None])
        if self.config.latent == 2:
            return self.drawn(torch.cartesian_prod(axis, axis)).reshape(MESH, MESH, 2)
        return torch.empty(0, 2)


def _thousandths(values: torch.Tensor) -> Any:
    return (1000 * values.clamp(-100, 100)).round().int().tolist()
