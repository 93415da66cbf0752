"""Classifiers as scripts and pages use them: answers, figures by hand, and the network behind either engine."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

from core.classifier import BATCH, Classifier, FastNetwork, Labelled, Values
from core.export import to_onnx


class Coin(Classifier):
    """Says how probable heads are: what it is given."""

    classes = ("heads", "tails")

    def probabilities(self, examples: list[float]) -> Values:
        return np.array([[p, 1 - p] for p in examples], np.float32)

    def test_set(self) -> Labelled:
        return Labelled("4 throws", [0.9, 0.8, 0.4, 0.3], np.array([0, 1, 1, 1]))


class Official(Coin):
    """One that is measured on another set."""

    def official_test_set(self) -> Labelled:
        return Labelled("1 throw", [0.9], np.array([0]))


def test_an_answer_is_the_likeliest_class_with_the_probability_of_each() -> None:
    assert Coin().answer([0.25, 1 / 3]) == [
        {"answer": "tails", "probabilities": {"heads": 0.25, "tails": 0.75}},
        {"answer": "tails", "probabilities": {"heads": 0.333333, "tails": 0.666667}},
    ]


def test_it_is_measured_on_its_own_test_set_where_there_is_no_official_one() -> None:
    assert Coin().evaluate() == {"set": "4 throws", "examples": 4, "right": 3, "accuracy": 0.75}
    assert Official().evaluate() == {"set": "1 throw", "examples": 1, "right": 1, "accuracy": 1.0}


def onnx_file(network: nn.Module) -> bytes:
    return to_onnx(network, torch.zeros(1, 3), inputs="x", outputs="logits")


@pytest.mark.parametrize("has_onnxruntime", [True, False])
def test_a_fast_network_answers_as_the_network_at_every_size(
    has_onnxruntime: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_onnxruntime:
        monkeypatch.setitem(sys.modules, "onnxruntime", None)  # importing it raises ImportError
    torch.manual_seed(0)
    network = nn.Linear(3, 4).eval()
    fast = FastNetwork(network, onnx_file, shape=(3,), several=4)
    for count in (0, 1, 2, BATCH, BATCH + 1):
        inputs = torch.randn(count, 3)
        with torch.no_grad():
            expected = network(inputs).softmax(1)
        assert fast.probabilities(inputs.numpy()) == pytest.approx(expected.numpy(), abs=1e-6)
