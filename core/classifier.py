"""Trained classifiers as scripts and pages use them: examples → probabilities → answers, and how many are right.

The reader of each demo that tells classes apart is a `Classifier`; how it makes an input ready is its own.
"""

from __future__ import annotations

import timeit
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.export import open_onnx, run_onnx

Values = npt.NDArray[np.float32]
Engine = Callable[[Values], Values]  # (B, …) inputs → (B, C) logits
BATCH = 100  # at most; onnxruntime keeps the memory of the largest it has seen


@dataclass(frozen=True)
class Labelled:
    """Examples with their right answers."""

    name: str  # completes "97.8 % of the …": "1,000 MNIST test images"
    examples: Any  # (N, …) as `Classifier.probabilities` takes them
    labels: npt.NDArray[Any]  # (N,) class
    account: Mapping[str, Any] = field(default_factory=dict)  # of the files they come from; "notices" are for people


class Classifier(ABC):
    """A trained network that tells classes apart. It may answer many threads at a time."""

    classes: tuple[str, ...]  # their names

    @abstractmethod
    def probabilities(self, examples: Any) -> Values:
        """(N, …) examples as a test set has them → (N, C)."""

    @abstractmethod
    def test_set(self) -> Labelled:
        """The test examples of the data that it has learned from; raises `DataUnavailableError`."""

    def official_test_set(self) -> Labelled:
        """What `evaluate` measures it on, where that is another one; raises `DataUnavailableError`."""
        return self.test_set()

    def answer(self, values: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        """What it says to prepared values, JSON-ready."""
        return [self.in_json(row) for row in self.probabilities(values)]

    def in_json(self, row: Sequence[float] | Values) -> dict[str, Any]:
        """The likeliest class and all probabilities."""
        return {
            "answer": self.classes[int(np.argmax(row))],
            "probabilities": {name: round(float(p), 6) for name, p in zip(self.classes, row, strict=True)},
        }

    def evaluate(self) -> Mapping[str, Any]:
        """How many of the official test set are answered right; raises `DataUnavailableError`."""
        tested = self.official_test_set()
        return self.measured(tested, self.probabilities(tested.examples))

    def measured(self, tested: Labelled, answers: Values) -> dict[str, Any]:
        """Figures of a test set and the answers (N, C) to it, JSON-ready; fractions in [0, 1]."""
        right = answers.argmax(1) == tested.labels
        return {
            "set": tested.name,
            "examples": len(right),
            "right": int(right.sum()),
            "accuracy": round(float(right.mean()), 6),
            **tested.account,
        }


class FastNetwork:
    """A network behind onnxruntime or PyTorch, whichever was faster when this was made: for one input, and for several.

    On one core the release model of Digits takes 0.2 ms with onnxruntime and 1.2 ms with PyTorch for one image. Making
    this takes 0.1 to 0.5 s, so it is made once and kept.

    Args:
        network: (B, *shape) float32 → (B, C) logits, in evaluation mode, on the processor.
        onnx: makes an ONNX file of it.
        shape: of one input.
        several: so many inputs stand for every batch of more than one when engines are compared.
    """

    def __init__(
        self, network: nn.Module, onnx: Callable[[Any], bytes], *, shape: tuple[int, ...], several: int
    ) -> None:
        @torch.no_grad()
        def through_pytorch(inputs: Values) -> Values:
            logits: Values = network(torch.from_numpy(inputs)).numpy()
            return logits

        engines: list[Engine] = [through_pytorch]
        try:
            session = open_onnx(onnx(network))
            engines.append(lambda inputs: run_onnx(session, inputs))
        except ImportError:  # onnxruntime is not made for every processor
            pass
        self._one, self._several = (fastest(engines, np.zeros((count, *shape), np.float32)) for count in (1, several))

    def probabilities(self, inputs: Values) -> Values:
        """(N, *shape) → (N, C)."""
        answer = self._one if len(inputs) == 1 else self._several
        logits = [answer(inputs[start : start + BATCH]) for start in range(0, max(len(inputs), 1), BATCH)]
        return torch.from_numpy(np.concatenate(logits)).softmax(1).numpy()


def fastest(engines: Sequence[Engine], inputs: Values) -> Engine:
    """The engine that answers these inputs first; the best of three measurements counts."""

    def seconds(engine: Engine) -> float:
        engine(inputs)  # the first call sets up memory
        return min(timeit.repeat(lambda: engine(inputs), number=1, repeat=3))

    return min(engines, key=seconds)
