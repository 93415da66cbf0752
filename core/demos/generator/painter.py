"""Drawing with a trained generator: latent vectors and classes → pictures. Outside training; on the processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.demos.generator.config import RELEASES, GeneratorConfig
from core.demos.generator.latents import Latents, latents
from core.demos.generator.learner import class_names, make_discriminator, make_generator
from core.demos.generator.pictures import Pixels, to_bytes
from core.errors import InvalidSettingError
from core.knobs import from_json
from core.release import ReleaseModel

BATCH = 64  # measured: larger ones fall out of the cache

Labels = npt.NDArray[np.int64]


class Painter:
    """A trained generator, the discriminator that it was trained against, and the names of its classes.

    Args:
        config: of their training.
        weights: `state_dict` of the averaged "generator" and of the "discriminator".
    """

    def __init__(self, config: GeneratorConfig, weights: Mapping[str, Mapping[str, torch.Tensor]]) -> None:
        self.config = config
        self.classes: Sequence[str] = class_names(config)
        self.generator = make_generator(config)
        self.generator.load_state_dict(weights["generator"])
        self.generator.eval().requires_grad_(False)
        self.discriminator = make_discriminator(config)
        self.discriminator.load_state_dict(weights["discriminator"])
        self.discriminator.eval().requires_grad_(False)

    @torch.no_grad()
    def draw(self, vectors: Latents, labels: Sequence[int] | Labels) -> Pixels:
        """(N, latent) float32 and N classes → (N, 28, 28) uint8, ink is 255."""
        given = torch.from_numpy(np.ascontiguousarray(vectors, dtype=np.float32)), torch.as_tensor(labels)
        batches = zip(*(part.split(BATCH) for part in given), strict=True)
        return np.concatenate([to_bytes(self.generator(*batch)) for batch in batches])

    @torch.no_grad()
    def between(self, way: Latents, first: int, last: int) -> Pixels:
        """(N, latent) along a way, the class changing with it from the first to the last → (N, 28, 28) uint8."""
        vectors = torch.from_numpy(way)
        fraction = torch.linspace(0, 1, len(way))[:, None]
        ends = [self.generator.start(vectors, torch.full((len(way),), label)) for label in (first, last)]
        return to_bytes(self.generator.paint((1 - fraction) * ends[0] + fraction * ends[1]))

    @cached_property
    def directions(self) -> Latents:
        """(latent, latent) float32: directions of unit length in the latent space, the most telling ones first.

        The right singular vectors of the first layer: along the first of them its output changes most (Shen and Zhou
        2021, arXiv:2007.06600). Signs are such that the largest number in each is positive.
        """
        first = self.generator.seed[0]
        assert isinstance(first, nn.Linear)
        weights = first.weight[:, : self.config.latent].numpy()
        rows = np.linalg.svd(weights, full_matrices=False)[2]
        return rows * np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(1)])[:, None]

    def synthetic(self, count: int, *, seed: int, only: int | None = None) -> tuple[Pixels, Labels]:
        """A data set of `count` pictures and their classes: of one class, or of all in turn.

        Raises:
            InvalidSettingError: one class is asked for of a generator that was told none, so has no labels to give.
        """
        if not self.config.has_classes:
            raise InvalidSettingError(
                "This generator was trained without classes, so none can be asked for. Use a conditional one."
            )
        labels = np.arange(count) % len(self.classes) if only is None else np.full(count, only)
        return self.draw(latents(count, self.config.latent, seed=seed), labels), labels.astype(np.int64)


def release_state(release: ReleaseModel) -> dict[str, Any]:
    """What a checkpoint of a release model's training would tell: the averaged generator and the discriminator."""
    names = {"generator": "average", "discriminator": "discriminator"}
    state: dict[str, Any] = {name: {} for name in names.values()}
    for name, value in release.weights().items():
        network, _, rest = name.partition(".")
        state[names[network]][rest] = value
    return state


def release_painter(release: ReleaseModel = RELEASES["release"]) -> Painter:
    """A release model."""
    return run_painter(release.card["config"], release_state(release))


def run_painter(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> Painter:
    """The generator of a run, from its saved config and the learner's part of a checkpoint."""
    weights = {"generator": learner_state["average"], "discriminator": learner_state["discriminator"]}
    return Painter(from_json(GeneratorConfig, config)[0], weights)


def run_network(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> nn.Module:
    """The averaged generator of a run, without what a painter adds."""
    return run_painter(config, learner_state).generator
