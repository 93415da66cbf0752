"""A learner of one network, one loss and one optimizer. What differs between demos is passed in as functions."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import torch
from torch import nn

from core.contract import MAJORITY, Batch, Placement, Progress, Split

Prepare = Callable[[torch.Tensor, torch.Tensor | None], torch.Tensor]  # (stored inputs, chance or None) → network input
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # (logits, targets) → 0-d loss
Attack = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # (network inputs, loss gradient by them) → worse inputs

Network = TypeVar("Network", bound=nn.Module)

EVALUATION_BATCH = 500
WARM_UP = 0.2  # share of a phase


def schedule_factor(name: str, fraction: float, *, warm_up: float = WARM_UP) -> float:
    """Learning-rate factor at a fraction in [0, 1) of a phase.

    "constant"; "cosine" (Loshchilov and Hutter 2017); "one_cycle": linear warm-up from a twenty-fifth over a
    share of the phase, then linear down to nearly zero (Smith 2018).
    """
    if name == "constant":
        return 1.0
    if name == "cosine":
        return 0.5 * (1 + float(torch.cos(torch.tensor(fraction * torch.pi))))
    if fraction < warm_up:
        return 0.04 + 0.96 * fraction / warm_up
    return max(1.0 - (fraction - warm_up) / (1 - warm_up), 0.001)


def majority(targets: torch.Tensor) -> float:
    """Accuracy (percent) of always saying the most frequent class of (N,) int64 targets."""
    return 100 * float(targets.bincount().max()) / len(targets)


def optimizer_named(name: str, parameters: Iterable[Any], *, rate: float, weight_decay: float) -> torch.optim.Optimizer:
    """The optimizer of a name ("sgd", "momentum", "adam", "adamw"), fused, for parameters or groups of them."""
    shared: dict[str, Any] = {"lr": rate, "weight_decay": weight_decay, "fused": True}
    match name:
        case "sgd":
            return torch.optim.SGD(parameters, **shared)
        case "momentum":
            return torch.optim.SGD(parameters, momentum=0.9, nesterov=True, **shared)
        case "adam":
            return torch.optim.Adam(parameters, **shared)
        case _:
            return torch.optim.AdamW(parameters, **shared)


class SupervisedLearner:
    """Trains a classifier, on adversarial examples too where an attack is given.

    Then the loss of a step is ½ J(x) + ½ J(attack(x, ∇ₓJ)), the augmented batch being attacked with the weights of that
    moment, in training mode. The gradient that this needs falls out of the first half, so the price is one more forward
    and backward pass. Source: Goodfellow, Shlens and Szegedy 2015, section 6, https://arxiv.org/abs/1412.6572.

    Args:
        network: (B, ...) → (B, num_classes) logits.
        loss: of logits and targets.
        optimizer: of the network's parameters.
        prepare: stored inputs to network inputs; with random numbers while training (augmentation), without otherwise.
        schedule: name for `schedule_factor`.
        averaging: decay of an exponential moving average of the weights that answers instead of them; 0 is off. After
            n steps it is at most (1 + n) / (10 + n), so that the average forgets the untrained weights soon (as
            TensorFlow's ExponentialMovingAverage does, https://www.tensorflow.org/api_docs/python/tf/train/ExponentialMovingAverage).
        placement: where and how to compute.
        attack: makes adversarial examples, which then carry half of the loss; None: none are made.
        warm_up: share of a phase in which the learning rate of "one_cycle" rises.
        evaluation_batch: examples that are answered together outside training.
    """

    def __init__(
        self,
        *,
        network: nn.Module,
        loss: Loss,
        optimizer: torch.optim.Optimizer,
        prepare: Prepare,
        schedule: str,
        averaging: float,
        placement: Placement,
        attack: Attack | None = None,
        warm_up: float = WARM_UP,
        evaluation_batch: int = EVALUATION_BATCH,
    ) -> None:
        self.network = network
        self.loss = loss
        self.optimizer = optimizer
        self.prepare = prepare
        self.schedule = schedule
        self.averaging = averaging
        self.placement = placement
        self.attack = attack
        self.warm_up = warm_up
        self.evaluation_batch = evaluation_batch
        self.base_rates = [group["lr"] for group in optimizer.param_groups]
        self.average = (
            torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=self._averaged, use_buffers=True)
            if averaging
            else None
        )
        self.average_warms_up = True

    def _averaged(self, average: Any, current: Any, num_averaged: Any) -> None:
        num = int(num_averaged)
        decay = min(self.averaging, (1 + num) / (10 + num)) if self.average_warms_up else self.averaging
        torch.optim.swa_utils.get_ema_multi_avg_fn(decay)(average, current, num_averaged)

    def _logits(self, network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
        if self.placement.channels_last and inputs.dim() == 4:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        mixed = self.placement.precision == "bfloat16"
        with torch.autocast(self.placement.device, dtype=torch.bfloat16, enabled=mixed):
            return network(inputs).float()

    @property
    def answering(self) -> nn.Module:
        """The network whose answers count: the averaged one where there is averaging."""
        return self.average.module if self.average is not None else self.network

    def step(self, batch: Batch, progress: Progress) -> Mapping[str, torch.Tensor]:
        """One update; returns loss and accuracy (percent) of the batch as it is, unattacked, as 0-d tensors."""
        factor = schedule_factor(self.schedule, progress.phase_fraction, warm_up=self.warm_up)
        for group, rate in zip(self.optimizer.param_groups, self.base_rates, strict=True):
            group["lr"] = rate * factor
        self.network.train()
        self.optimizer.zero_grad(set_to_none=True)
        inputs = self.prepare(batch.inputs, batch.chance)
        if self.attack is None:
            logits, loss = self._backward(inputs, batch.targets)
        else:
            inputs = inputs.detach().requires_grad_()
            logits, loss = self._backward(inputs, batch.targets, weight=0.5)
            assert inputs.grad is not None
            self._backward(self.attack(inputs.detach(), inputs.grad), batch.targets, weight=0.5)
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.network)
        right = (logits.argmax(1) == batch.targets).float().mean()
        return {"loss": loss, "accuracy": right * 100}

    def _backward(
        self, inputs: torch.Tensor, targets: torch.Tensor, *, weight: float = 1.0
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add the gradient of the weighted loss to the weights' gradients; returns logits and the whole loss."""
        logits = self._logits(self.network, inputs)
        loss = self.loss(logits, targets)
        (weight * loss).backward()
        return logits.detach(), loss.detach()

    @torch.no_grad()
    def probabilities(self, inputs: torch.Tensor) -> torch.Tensor:
        """(N, ...) stored inputs → (N, num_classes) float32 probabilities of the newest weights."""
        network = self.answering.eval()
        batches = inputs.split(self.evaluation_batch)
        return torch.cat([self._logits(network, self.prepare(batch, None)).softmax(1) for batch in batches])

    @torch.no_grad()
    def evaluate(self, split: Split) -> Mapping[str, float]:
        """Mean loss and accuracy (percent) of a split, and what its accuracy is to be compared with.

        "majority" is the accuracy (percent) of always saying the split's most frequent class, "num_classes" how many
        answers there are; with averaging, "unaveraged" is the accuracy (percent) of the weights that are trained.
        """
        loss, accuracy, num_classes = self._measured(self.answering, split)
        found = {"loss": loss, "accuracy": accuracy, MAJORITY.name: majority(split.targets), "num_classes": num_classes}
        if self.average is not None:
            found["unaveraged"] = self._measured(self.network, split)[1]
        return found

    def _measured(self, network: nn.Module, split: Split) -> tuple[float, float, int]:
        """Mean loss, accuracy (percent) and number of classes of a network's answers."""
        network.eval()
        loss, right = 0.0, 0
        batches = zip(
            split.inputs.split(self.evaluation_batch), split.targets.split(self.evaluation_batch), strict=True
        )
        for inputs, targets in batches:
            logits = self._logits(network, self.prepare(inputs, None))
            loss += float(self.loss(logits, targets)) * len(targets)
            right += int((logits.argmax(1) == targets).sum())
        return loss / len(split), 100 * right / len(split), logits.shape[1]

    def preview(self, example: Any) -> Any:
        """Probabilities of each class for one stored input given as nested lists."""
        stored = torch.tensor(example, device=self.placement.device).unsqueeze(0)
        return [round(p, 5) for p in self.probabilities(stored)[0].tolist()]

    def state_dict(self) -> dict[str, Any]:
        """Weights, optimizer and, with averaging, the averaged weights."""
        state: dict[str, Any] = {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        if self.average is not None:
            state["average"] = self.average.state_dict()
            state["average_warms_up"] = self.average_warms_up
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
            self.average_warms_up = state.get("average_warms_up", False)  # older runs go on as they began


def trained(network: Network, state: Mapping[str, Any]) -> Network:
    """The network with the weights that answer, out of a `SupervisedLearner.state_dict()`; in evaluation mode."""
    network.load_state_dict(answering_weights(state))
    return network.eval()


def answering_weights(state: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Weights of the network that answers, out of a `SupervisedLearner.state_dict()`."""
    if "average" not in state:
        return dict(state["network"])
    prefix = "module."
    return {name.removeprefix(prefix): value for name, value in state["average"].items() if name.startswith(prefix)}
