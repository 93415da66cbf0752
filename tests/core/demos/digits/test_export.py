"""Taking a network along: ONNX equals PyTorch for every knob's extremes, and a bundle loads without this project."""

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import load
from torch import nn

from core import export
from core.classifier import fastest
from core.contract import Evaluated, Event, Previewed, Stepped
from core.data.pictures import sources
from core.demos.digits import bundle
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import make_network
from core.demos.digits.network import ACTIVATIONS
from core.demos.digits.reader import SEVERAL, DigitReader, onnx_file, read_model
from core.knobs import to_json

EVENTS: list[Event] = [
    Stepped(10, 0.5, {"loss": 2.0, "accuracy": 30.0}),
    Previewed(10, 0.5, {"ada": [0.1] * 10}),
    Stepped(20, 1.0, {"loss": 1.0, "accuracy": 60.0}),
    Evaluated(20, 1.0, {"loss": 0.9, "accuracy": 65.5}),
]
SHAPES: list[dict[str, Any]] = [
    *({"width": width, "depth": depth, "kernel": 3} for width in (4, 16) for depth in (1, 2, 3, 4)),
    *({"width": 4, "depth": depth, "kernel": kernel} for depth in (1, 4) for kernel in (5, 7)),
    {"width": 64, "depth": 1, "kernel": 7},
    {"width": 64, "depth": 4, "kernel": 3},
    {"width": 64, "depth": 4, "kernel": 7},
    {"width": 4, "depth": 4, "convolutions": 3},
    *({"network": "plain", "hidden_layers": layers, "hidden_size": size} for layers in (1, 10) for size in (8, 512)),
    {"start": "release"},
]
FAMILIES: list[dict[str, Any]] = [
    {"width": 8, "depth": 2},
    {"network": "plain", "hidden_layers": 2, "hidden_size": 64},
]


def lively(config: DigitsConfig) -> nn.Module:
    """A network of this config in evaluation mode, whose batch normalisation has seen something and whose logits vary.

    Untrained deep networks answer every picture alike, which would hide a difference.
    """
    torch.manual_seed(0)
    network = make_network(config).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.2, 0.6)
            nn.init.normal_(module.bias, std=0.3)
    return network


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    """(100, 1, 28, 28) real digits."""
    digits, _ = sources.held_out_digits()
    return torch.from_numpy(digits[:100].astype(np.float32) / 255).unsqueeze(1)


def agrees(config: DigitsConfig, images: torch.Tensor) -> None:
    network = lively(config)
    found = export.parity(network, onnx_file(network), images, examples="100 digits")
    with torch.no_grad():
        scale = float(network(images).abs().max())
    assert found.difference <= 1e-5 * max(scale, 1.0)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(map(str, shape.values())))
def test_onnx_answers_as_pytorch_does_for_every_shape(shape: dict[str, Any], images: torch.Tensor) -> None:
    agrees(DigitsConfig(**shape), images)


@pytest.mark.parametrize("family", FAMILIES, ids=["cnn", "plain"])
@pytest.mark.parametrize("normalisation", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_onnx_answers_as_pytorch_does_for_every_activation_and_normalisation(
    family: dict[str, Any], activation: str, normalisation: bool, images: torch.Tensor
) -> None:
    agrees(DigitsConfig(**family, activation=activation, normalisation=normalisation), images)


def test_parity_is_the_largest_difference_of_any_output() -> None:
    network = nn.Linear(3, 2, bias=False).eval()
    model = export.to_onnx(network, torch.zeros(1, 3), inputs="x", outputs="y")
    with torch.no_grad():
        network.weight[1, 2] += 0.5
    found = export.parity(network, model, torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, -2.0]]), examples="2 rows")
    assert found.difference == pytest.approx(1.0, abs=1e-6)
    assert found.sentence() == "Largest difference to PyTorch on 2 rows: 1.0e+00"


def test_onnx_is_valid_states_its_opset_takes_any_batch_and_is_the_same_each_time() -> None:
    network = lively(DigitsConfig(width=4, depth=1))
    first = onnx_file(network)
    assert first == onnx_file(network)
    model = onnx.load_from_string(first)
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", export.OPSET)]
    assert (model.graph.input[0].name, model.graph.output[0].name) == ("images", "logits")
    session = export.open_onnx(first)
    for size in (1, 7):
        assert export.run_onnx(session, np.zeros((size, 1, 28, 28), np.float32)).shape == (size, 10)


def test_exporting_leaves_a_network_in_training_as_it_was() -> None:
    network = make_network(DigitsConfig(width=4, depth=1)).train()
    before = export.to_safetensors(network)
    onnx_file(network)
    assert network.training
    assert export.to_safetensors(network) == before


def test_safetensors_holds_every_weight_and_buffer() -> None:
    network = lively(DigitsConfig(width=4, depth=1)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    loaded = load(export.to_safetensors(network))
    expected = network.state_dict()
    assert loaded.keys() == expected.keys()
    assert all(torch.equal(loaded[name], expected[name]) for name in expected)


def test_curves_are_a_line_for_each_report() -> None:
    assert export.curves_csv(EVENTS).splitlines() == [
        "step,epoch,split,loss,accuracy",
        "10,0.5,training,2.0,30.0",
        "20,1.0,training,1.0,60.0",
        "20,1.0,validation,0.9,65.5",
    ]


def zipped(config: DigitsConfig, network: nn.Module, *, test: dict[str, float] | None = None) -> bytes:
    trained = export.Trained(
        network=network,
        config=config,
        title="Small CNN",
        origin="Run ab12cd, weights after 1 of 1 epochs",
        test={"loss": 0.1, "accuracy": 97.25} if test is None else test,
        validation={"loss": 0.9, "accuracy": 65.5},
        events=EVENTS,
    )
    inputs, examples = bundle.compared(to_json(config), {})
    onnx = onnx_file(network)
    parity = export.parity(network, onnx, inputs, examples=examples)
    return export.bundle(trained, bundle.card(trained, {}), onnx=onnx, compared=parity)


def files_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


@pytest.mark.parametrize(
    "values",
    [
        {"width": 4, "depth": 4, "kernel": 7, "activation": "leaky_relu"},
        {"network": "plain", "hidden_layers": 2, "hidden_size": 16, "normalisation": False, "dropout": 0.5},
        {"start": "release", "width": 4},
    ],
    ids=["cnn", "plain", "release"],
)
def test_the_code_in_the_card_runs_in_the_bundle_alone(values: dict[str, Any], tmp_path: Path) -> None:
    config = DigitsConfig(**values)
    network = lively(config)
    with zipfile.ZipFile(io.BytesIO(zipped(config, network))) as opened:
        opened.extractall(tmp_path)
    by_pytorch, by_onnx = re.findall(r"```python\n(.*?)```", (tmp_path / "README.md").read_text("utf-8"), re.DOTALL)
    assert len([line for line in by_pytorch.splitlines() if line]) <= 10
    program = by_pytorch + by_onnx + "import sys\nassert 'core' not in sys.modules\n"
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with torch.no_grad():
        expected = network(torch.zeros(1, 1, 28, 28)).softmax(1)
    answer, probability, answer_by_onnx = done.stdout.split()
    assert int(answer) == int(answer_by_onnx) == int(expected.argmax())
    assert float(probability) == pytest.approx(float(expected.max()), abs=1e-5)


def test_a_bundle_says_what_it_is_and_is_the_same_each_time() -> None:
    config = DigitsConfig(width=4, depth=1, share=50.0)
    network = lively(config)
    content = zipped(config, network)
    assert content == zipped(config, network)
    files = files_of(content)
    card = files["README.md"].decode()
    for fact in (
        "# Small CNN",
        "| Accuracy | 97.25 % | 1,000 MNIST test images |",
        "| Accuracy | 65.50 % | 500 MNIST validation images |",
        "on 1,750 MNIST training images",
        "Run ab12cd",
        f"{sum(weight.numel() for weight in network.parameters()):,} parameters",
        "CC BY-SA 3.0",
        "LeCun",
        "Largest difference to PyTorch on 100 MNIST test images",
    ):
        assert fact in card
    assert all(f"`{name}`" in card for name in files if name != "README.md")
    assert json.loads(files["config.json"])["share"] == 50.0
    metrics = json.loads(files["metrics.json"])
    assert metrics["test"] == {"set": "1,000 MNIST test images", "loss": 0.1, "accuracy": 97.25}
    assert metrics["onnx"]["opset"] == export.OPSET
    assert files["curves.csv"].decode() == export.curves_csv(EVENTS)


def test_a_bundle_of_a_stopped_run_claims_no_test_figures() -> None:
    config = DigitsConfig(width=4, depth=1)
    files = files_of(zipped(config, lively(config), test={}))
    assert "test" not in json.loads(files["metrics.json"])
    assert "| Accuracy | 65.50 % | 500 MNIST validation images |" in files["README.md"].decode()
    assert "| 1,000 MNIST test images |" not in files["README.md"].decode()


def test_a_reader_answers_as_its_network_does_at_every_batch_size(images: torch.Tensor) -> None:
    reader = read_model()
    with torch.no_grad():
        expected = reader.network(images).softmax(1).numpy()
    for size in (0, 1, 2, SEVERAL, 100):
        answers = reader.probabilities(images[:size, 0].numpy())
        assert answers.shape == (size, 10)
        np.testing.assert_allclose(answers, expected[:size], atol=1e-5)


def test_a_reader_without_onnxruntime_answers_through_pytorch(
    images: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # importing it raises ImportError
    network = lively(DigitsConfig(width=4, depth=1))
    answers = DigitReader(network, data="mnist").probabilities(images[:, 0].numpy())
    with torch.no_grad():
        assert np.array_equal(answers, network(images).softmax(1).numpy())


def test_the_faster_engine_is_taken() -> None:
    def slow(inputs: Any) -> Any:
        return np.linalg.matrix_power(np.ones((300, 300)), 50)

    def quick(inputs: Any) -> Any:
        return inputs

    assert fastest([slow, quick], np.zeros(1, np.float32)) is quick
    assert fastest([quick, slow], np.zeros(SEVERAL, np.float32)) is quick
