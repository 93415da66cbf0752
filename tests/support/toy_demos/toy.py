"""A classifier of points in the plane, small enough for tests and with troubles to order."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.contract import Batch, Cost, Dataset, Metric, NetworkCost, Placement, Progress, Split, Training
from core.demo import Demo
from core.knobs import Choice, Config, Integer, knob

NUM_TRAIN, BATCH_SIZE = 320, 16  # 20 steps an epoch


@dataclass(frozen=True)
class ToyConfig(Config):
    delay: int = knob(Integer(label="Delay", help="Added to each step.", unit="ms", low=0, high=1000), 0)
    width: int = knob(Integer(label="Width", help="Units of the hidden layer.", low=1, high=1_000_000), 16)
    trouble_step: int = knob(Integer(label="Trouble at", help="Step of the trouble.", low=0, high=1000), 10)
    trouble: str = knob(
        Choice(
            label="Trouble",
            help="What goes wrong.",
            options={
                "none": "nothing",
                "exit": "the process ends",
                "error": "an exception",
                "nan": "a loss of NaN",
                "long": "a step of ten minutes",
            },
        ),
        "none",
    )


class ToyLearner:
    """A hidden layer with dropout and momentum, written out: `torch.optim` takes two seconds to import."""

    def __init__(self, config: ToyConfig) -> None:
        import torch

        torch.manual_seed(config.seed)
        self.config = config
        self.network = torch.nn.Sequential(
            torch.nn.Linear(2, config.width), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(config.width, 2)
        )
        self.velocity = [torch.zeros_like(weights) for weights in self.network.parameters()]

    def step(self, batch: Batch, progress: Progress) -> Mapping[str, Any]:
        import torch

        time.sleep(self.config.delay / 1000)
        if self.config.trouble == "exit" and progress.step == self.config.trouble_step:
            os._exit(1)
        if self.config.trouble == "error" and progress.step == self.config.trouble_step:
            raise RuntimeError("ordered by the test")
        if self.config.trouble == "long" and progress.step == self.config.trouble_step:
            time.sleep(600)
        self.network.train()
        noise = 0.1 * (batch.chance - 0.5)
        loss = torch.nn.functional.cross_entropy(self.network(batch.inputs + noise), batch.targets)
        if self.config.trouble == "nan" and progress.step == self.config.trouble_step:
            loss = loss * float("nan")
        self.network.zero_grad()
        loss.backward()
        with torch.no_grad():
            for weights, velocity in zip(self.network.parameters(), self.velocity, strict=True):
                velocity.mul_(0.9).add_(weights.grad)
                weights.sub_(0.1 * velocity)
        return {"loss": loss.detach()}

    def evaluate(self, split: Split) -> Mapping[str, float]:
        import torch

        self.network.eval()
        with torch.no_grad():
            logits = self.network(split.inputs)
            loss = torch.nn.functional.cross_entropy(logits, split.targets)
        return {"loss": float(loss), "accuracy": 100 * float((logits.argmax(1) == split.targets).float().mean())}

    def preview(self, example: Any) -> Any:
        import torch

        self.network.eval()
        with torch.no_grad():
            return self.network(torch.tensor([example])).softmax(1)[0].tolist()

    def state_dict(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "velocity": dict(enumerate(self.velocity))}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        for index, velocity in enumerate(self.velocity):
            velocity.copy_(state["velocity"][index])


def _load(config: ToyConfig) -> Dataset:
    import torch

    generator = torch.Generator().manual_seed(1)

    def split(count: int, name: str) -> Split:
        inputs = torch.randn(count, 2, generator=generator)
        return Split(inputs=inputs, targets=(inputs.prod(1) > 0).long(), name=f"{count} {name} points")

    return Dataset(train=split(NUM_TRAIN, "training"), validation=split(64, "validation"), test=split(64, "test"))


def _learner(config: ToyConfig, placement: Placement) -> ToyLearner:
    return ToyLearner(config)


TASK = Training(
    name="toy",
    Config=ToyConfig,
    presets=(),
    metrics=(Metric(name="loss", label="Loss"), Metric(name="accuracy", label="Accuracy", unit="%", goal="max")),
    select="loss",
    num_chances=2,
    batch_size=lambda config: BATCH_SIZE,
    load=_load,
    learner=_learner,
    num_parameters=lambda config: 5 * config.width + 2,
    cost=lambda config: Cost(
        network=NetworkCost(
            flops=8 * config.width,
            activations=3 * config.width + 2,
            num_layers=4,
            answering=8 * config.width,
            learning=24 * config.width,
        ),
        num_train=NUM_TRAIN,
        num_validation=64,
        num_test=64,
        example_bytes=16,
        optimizer_copies=1,
    ),
)

DEMO = Demo(
    title="Toy",
    order=99,
    icon=":material/toys:",
    sentence="Points in the plane.",
    training=TASK,
)
