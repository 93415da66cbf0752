"""Small networks that learn side by side: from the same digits in the same order, each with its own optimizer."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from core.contract import Batch, Progress, Split
from core.data.pictures import sources
from core.lessons.small_digits import NUM_CLASSES, NUM_FEATURES, prepare

NUM_VALIDATION = 500


@dataclass
class Lane:
    """One of the networks. It learns from the first `examples` digits, with a pull of `l2` / 2 on squared weights."""

    network: nn.Sequential
    optimizer: torch.optim.Optimizer
    examples: int
    l2: float = 0.0

    @property
    def num_parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    def state_dict(self) -> dict[str, Any]:
        """What it has learned, and how far its optimizer is."""
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there, exactly."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])

    def penalty(self) -> torch.Tensor:
        """The pull on its weights, 0-d."""
        return self.l2 / 2 * torch.stack([weight.square().sum() for weight in self.network.parameters()]).sum()

    def gradients(self) -> dict[str, torch.Tensor]:
        """Root mean square of each layer's weight gradient, 0-d float64, by the number of the layer from the input."""
        weights = [layer.weight for layer in self.network if isinstance(layer, nn.Linear)]
        found = [weight.grad.double().square().mean().sqrt() for weight in weights if weight.grad is not None]
        return {str(number): size for number, size in enumerate(found, start=1)}

    def is_finite(self) -> bool:
        """Whether all that would be saved of it is a finite number."""
        saved = [
            *self.network.parameters(),
            *(value for one in self.optimizer.state.values() for value in one.values()),
        ]
        return all(bool(value.isfinite().all()) for value in saved if isinstance(value, torch.Tensor))


class SideBySide:
    """The learner of several lanes. One that is no longer finite drops out, and nothing more is told of it.

    Args:
        lanes: by name.
        digits: what they learn from.
        layers: whether each step tells the gradient in each layer: "first.1" is of lane "first", next to the input.
        also: splits that every evaluation measures beside the one it is asked for, by name: "sgd.test.loss".
        on_examples: whether it measures the digits that a lane learns from too: "sgd.train.loss"; at most 500.
    """

    def __init__(
        self,
        lanes: Mapping[str, Lane],
        digits: Split,
        *,
        layers: bool = False,
        also: Mapping[str, Split] | None = None,
        on_examples: bool = False,
    ) -> None:
        self.lanes = dict(lanes)
        self.digits = digits
        self.layers = layers
        self.also = also or {}
        self.on_examples = on_examples

    def step(self, batch: Batch, progress: Progress) -> Mapping[str, torch.Tensor]:
        """One update of every lane; the chance of each place in the batch picks a digit among those of the lane."""
        found: dict[str, torch.Tensor] = {}
        for name, lane in list(self.lanes.items()):
            rows = (batch.chance[:, 0] * lane.examples).long()
            lane.network.train()
            lane.optimizer.zero_grad()
            loss = F.cross_entropy(lane.network(self.digits.inputs[rows]), self.digits.targets[rows])
            (loss + lane.penalty() if lane.l2 else loss).backward()
            told = {"loss": loss.detach(), **(lane.gradients() if self.layers else {})}
            if all(bool(value.isfinite()) for value in told.values()):
                found |= {f"{name}.{key}": value for key, value in told.items()}
                lane.optimizer.step()
                if lane.is_finite():
                    continue
            del self.lanes[name]
        return found

    @torch.no_grad()
    def evaluate(self, split: Split) -> Mapping[str, float]:
        """Loss (nats) and accuracy (percent) of every lane: "sgd.loss", and more by `also` and `on_examples`."""
        found = {}
        for name, lane in self.lanes.items():
            lane.network.eval()
            parts = {"": split, **{f"{part}.": other for part, other in self.also.items()}}
            if self.on_examples:
                parts["train."] = first(self.digits, min(lane.examples, 500))
            for part, asked in parts.items():
                logits = lane.network(asked.inputs)
                found[f"{name}.{part}loss"] = float(F.cross_entropy(logits, asked.targets))
                found[f"{name}.{part}accuracy"] = 100 * float((logits.argmax(1) == asked.targets).float().mean())
        return found

    def preview(self, example: Any) -> Any:
        """Nothing: these networks are looked at while they learn, not used."""
        return None

    def state_dict(self) -> dict[str, Any]:
        """The lanes that are still finite."""
        return {"lanes": {name: lane.state_dict() for name, lane in self.lanes.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.lanes = {name: lane for name, lane in self.lanes.items() if name in state["lanes"]}
        for name, lane in self.lanes.items():
            lane.load_state_dict(state["lanes"][name])


def first(split: Split, count: int) -> Split:
    """The first examples of a split."""
    return Split(split.inputs[:count], split.targets[:count], split.name)


@cache
def small_digits() -> tuple[Split, Split, Split]:
    """14×14 digits: 3,500 to learn from, 500 to validate on, 1,000 to test on; (N, 196) float32 and (N,) int64."""
    images = sources.load_images("mnist5k")
    kept = NUM_VALIDATION
    return (
        Split(*prepare(images.train_images, images.train_labels), name="small training digits"),
        Split(*prepare(images.validation_images[:kept], images.validation_labels[:kept]), name="small held-out digits"),
        Split(*prepare(images.test_images, images.test_labels), name="small test digits"),
    )


def layered(
    hidden: list[int], activation: type[nn.Module], *, seed: int, scale: float = 1.0, dropout: float = 0.0
) -> nn.Sequential:
    """196 numbers → hidden layers → 10 logits. The same seed gives the same first weights, whatever the activation.

    Args:
        scale: of the first weights; 1 is the rule of He et al. 2015. Biases begin at 0.
        dropout: share of the hidden neurons that is switched off in a step.
    """
    generator = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise([NUM_FEATURES, *hidden, NUM_CLASSES]):
        layer = nn.utils.skip_init(nn.Linear, before, after)
        nn.init.normal_(layer.weight, std=scale * (2 / before) ** 0.5, generator=generator)
        nn.init.zeros_(layer.bias)
        layers += [layer, activation(), *([nn.Dropout(dropout)] if dropout else [])]
    return nn.Sequential(*layers[: -2 if dropout else -1])
