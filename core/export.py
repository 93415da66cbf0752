"""Taking a trained network along: its weights as safetensors, as ONNX with a parity check, and a bundle with its card.

Everything here takes a network and gives bytes or text; nothing is written to disk, and no demo or run is known here.
"""

from __future__ import annotations

import copy
import csv
import io
import json
import threading
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save
from torch import nn

from core.contract import Evaluated, Event, Stepped
from core.knobs import Config, to_json

if TYPE_CHECKING:
    import onnxruntime

OPSET = 20  # the newest that the exporter writes; it has Gelu as one operator. onnxruntime reads it since 1.17
WEIGHTS, ONNX, CODE, CARD = "model.safetensors", "model.onnx", "network.py", "README.md"
CONFIG, METRICS, CURVES = "config.json", "metrics.json", "curves.csv"
LOAD_TORCH = f"""\
```python
import torch
from safetensors.torch import load_file

from {CODE.removesuffix(".py")} import inputs, network

network.load_state_dict(load_file("{WEIGHTS}"))
network.eval()
with torch.no_grad():
    probabilities = network(inputs).softmax(1)
print(probabilities.argmax(1).item(), probabilities.max().item())
```"""
LOAD_ONNX = f"""\
```python
import onnxruntime

from {CODE.removesuffix(".py")} import inputs

session = onnxruntime.InferenceSession("{ONNX}")
print(session.run(None, {{session.get_inputs()[0].name: inputs.numpy()}})[0].argmax(1).item())
```"""
FILES = f"""\
- `{WEIGHTS}`, `{CODE}`: weights and network
- `{ONNX}`: both in one file
- `{CONFIG}`: every setting of the training
- `{METRICS}`: the figures above with all digits
- `{CURVES}`: training and validation, step by step"""
COPYRIGHT = "From Glassbox. Copyright (c) 2026 The Glassbox authors. SPDX-License-Identifier: MIT"
SOURCE = "`network.py` is part of Glassbox (MIT License)."
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold: the same content gives the same bytes
_exporting = threading.Lock()  # PyTorch's exporter keeps global state


@dataclass(frozen=True)
class Parity:
    """How closely an ONNX model follows its network."""

    difference: float  # largest absolute difference of any output
    examples: str  # what it was compared on: "100 MNIST test images"

    def sentence(self) -> str:
        """ "Largest difference to PyTorch on 100 MNIST test images: 2.1e-06"."""
        return f"Largest difference to PyTorch on {self.examples}: {self.difference:.1e}"


@dataclass(frozen=True)
class Figure:
    """A measured number with its unit and its set."""

    name: str  # "Accuracy"
    value: str  # "97.8 %"
    examples: str  # "1,000 MNIST test images"


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained network and where it comes from."""

    network: nn.Module  # in evaluation mode, on the processor
    config: Config
    title: str
    origin: str  # "Run ab12cd, 2026-03-01 14:05 UTC"
    made: str = ""  # a sentence: from what; empty: as the config says
    figures: Sequence[Figure] = ()  # measured elsewhere, in place of `test` and `validation`
    test: Mapping[str, float]  # metrics of the test split; empty where the run was stopped
    validation: Mapping[str, float]  # of the validation split with these weights
    events: Sequence[Event]


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a demo tells of a trained network to people who take it along. Texts are Markdown."""

    made: str  # a sentence: from what, when
    sets: Mapping[str, str]  # what "test" and "validation" were measured on: "1,000 MNIST test images"
    network: str  # a sentence about its shape
    num_parameters: int
    inputs: str  # what goes in: shape, type, range, meaning
    outputs: str
    classes: Sequence[str]
    data: str  # the data set with its sizes
    licence: str  # of the data
    citation: str
    limits: str  # what it must not be trusted with
    code: str  # a Python module that defines `network` and `inputs` and needs nothing but PyTorch
    more: Mapping[str, str] = field(default_factory=dict)  # texts of further files by name


def to_safetensors(network: nn.Module) -> bytes:
    """All weights and buffers of a network by name, in the safetensors format."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    return save(tensors, metadata={"format": "pt"})


def to_onnx(
    network: nn.Module, example: torch.Tensor, *, inputs: str, outputs: str, axes: Sequence[str] = ("batch",)
) -> bytes:
    """A network as an ONNX model of opset `OPSET` that takes batches of any size. The network stays as it is.

    PyTorch's exporter by tracing writes it, not the newer one by `torch.export`: for the release model that takes
    1.3 s (4.1 s the first time) and logs what it skips, this one 0.03 s; the graphs are the same, and the parity check
    tells if they were not. Tracing follows the one path that the example takes.

    Args:
        network: one tensor in, one tensor out, both with the example as first dimension.
        example: (B, ...) an input.
        inputs: name of the model's input.
        outputs: name of its output.
        axes: names of the input's first dimensions, which may have any size; the output's first is as large as the
            input's.
    """
    traced = copy.deepcopy(network).cpu().eval()
    file = io.BytesIO()
    with _exporting, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You are using the legacy TorchScript-based ONNX export", DeprecationWarning)
        warnings.filterwarnings("ignore", "The feature will be removed", DeprecationWarning)
        # recurrent layers: checks of the input's shape, and initial states, which tracing makes for any batch all right
        warnings.filterwarnings("ignore", category=torch.jit._trace.TracerWarning, module="torch.nn.modules.rnn")
        warnings.filterwarnings("ignore", "Exporting a model to ONNX with a batch_size other than 1", UserWarning)
        torch.onnx.export(
            traced,
            (example.cpu(),),
            file,  # type: ignore[arg-type]  # it takes files too
            dynamo=False,
            opset_version=OPSET,
            input_names=[inputs],
            output_names=[outputs],
            dynamic_axes={inputs: dict(enumerate(axes)), outputs: {0: axes[0]}},
        )
    return file.getvalue()


def open_onnx(model: bytes) -> onnxruntime.InferenceSession:
    """A model in onnxruntime, on one thread of the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run_onnx(session: onnxruntime.InferenceSession, inputs: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The one output of a model for its one input, both with the example as first dimension."""
    outputs: npt.NDArray[np.float32] = session.run(None, {session.get_inputs()[0].name: inputs})[0]
    return outputs


@torch.no_grad()
def parity(network: nn.Module, model: bytes, inputs: torch.Tensor, *, examples: str) -> Parity:
    """Compare an ONNX model, run by onnxruntime, with the network it was made from.

    Args:
        network: in evaluation mode, on the processor.
        model: of `to_onnx`.
        inputs: (N, ...) real examples.
        examples: what they are, in words: "100 MNIST test images".
    """
    expected = network(inputs).numpy()
    answered = run_onnx(open_onnx(model), inputs.numpy())
    return Parity(float(np.abs(expected - answered).max()), examples)


def _figures(trained: Trained, sets: Mapping[str, str]) -> list[Figure]:
    figures = list(trained.figures)
    for metrics, examples in ((trained.test, sets["test"]), (trained.validation, sets["validation"])):
        if "accuracy" in metrics:
            figures.append(Figure("Accuracy", f"{metrics['accuracy']:.2f} %", examples))
        if "loss" in metrics:
            figures.append(Figure("Loss", f"{metrics['loss']:.4f}", examples))
    return figures


def _metrics(trained: Trained, sets: Mapping[str, str], compared: Parity) -> dict[str, Any]:
    """All figures with all digits."""
    found = {"test": trained.test, "validation": trained.validation}
    metrics: dict[str, Any] = {name: {"set": sets[name], **found[name]} for name in sets if found[name]}
    if trained.figures:
        metrics["figures"] = [{"set": one.examples, one.name.lower(): one.value} for one in trained.figures]
    metrics["onnx"] = {"opset": OPSET, "set": compared.examples, "largest_difference": compared.difference}
    return metrics


def curves_csv(events: Sequence[Event]) -> str:
    """The curves of a run: a line for each report, of training batches or of the validation split."""
    reports = [event for event in events if isinstance(event, Stepped | Evaluated)]
    names = list(dict.fromkeys(name for event in reports for name in event.metrics))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", "epoch", "split", *names])
    for event in reports:
        split = "training" if isinstance(event, Stepped) else "validation"
        writer.writerow([event.step, event.epoch, split, *(event.metrics.get(name, "") for name in names)])
    return text.getvalue()


def _card_text(trained: Trained, card: Card, compared: Parity) -> str:
    """The model card, Markdown."""
    sections = {
        "Network": _network_section(card),
        "Load it in PyTorch": (
            f"Needs `torch` and `safetensors`, run it in this folder. {SOURCE}\n\n{LOAD_TORCH}\n\n"
            "`inputs` is a batch of one empty example: put yours in its place."
        ),
        "Or in any language, as ONNX": (
            f"Opset {OPSET}, any batch size. {compared.sentence()}, run by onnxruntime.\n\n{LOAD_ONNX}"
        ),
        "Data": f"{card.data}\n\n- Licence: {card.licence}\n- Source: {card.citation}",
        "Limits": card.limits,
        "Files": FILES,
    }
    head = f"# {trained.title}\n\n{trained.made or card.made}\n\n{_figures_table(_figures(trained, card.sets))}\n"
    return head + "".join(f"\n## {title}\n\n{text}\n" for title, text in sections.items())


def _figures_table(figures: Sequence[Figure]) -> str:
    rows = [f"| {figure.name} | {figure.value} | {figure.examples} |" for figure in figures]
    return "\n".join(["| figure | value | set |", "|---|---|---|", *rows])


def _network_section(card: Card) -> str:
    return (
        f"{card.network} {card.num_parameters:,} parameters.\n\n"
        f"- Input: {card.inputs}\n- Output: {card.outputs}\n- Classes, in this order: {', '.join(card.classes)}"
    )


def bundle(trained: Trained, card: Card, *, onnx: bytes, compared: Parity) -> bytes:
    """A zip of all that a model is; the same content gives the same bytes.

    Args:
        onnx: of `to_onnx`.
        compared: of `parity`.
    """
    files: dict[str, str | bytes] = {
        CARD: _card_text(trained, card, compared),
        WEIGHTS: to_safetensors(trained.network),
        ONNX: onnx,
        CODE: card.code,
        CONFIG: json.dumps(to_json(trained.config), indent=2, ensure_ascii=False) + "\n",
        METRICS: json.dumps(_metrics(trained, card.sets, compared), indent=2, ensure_ascii=False) + "\n",
        CURVES: curves_csv(trained.events),
        **card.more,
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16  # readable by everybody once unpacked
            opened.writestr(entry, content)
    return archive.getvalue()
