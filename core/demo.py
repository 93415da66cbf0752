"""A demo as one record in parts: what it is called, what it trains, and what can be done with its models.

A part that is missing is None: pages, terminal, Home and documentation offer what the parts allow. Reading a record
costs no PyTorch; its functions import it when they are called (`core.lazy`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from core.contract import Event, Fits, Task, Training
from core.errors import Problem
from core.release import ReleaseModel

if TYPE_CHECKING:
    import torch
    from torch import nn

    from core.export import Card, Trained
    from core.training.diagnosis import Diagnosis

State = Mapping[str, Any]  # the learner's part of a checkpoint
Saved = Mapping[str, Any]  # a config as it is stored


@dataclass(frozen=True)
class PreparedInput:
    """One input made ready for a network, or why it could not be."""

    value: Any | None  # None where nothing must be predicted: a blank drawing, silence
    problem: Problem | None = None
    rows: Sequence[Sequence[Any]] = ()  # values in it that can be answered one by one: the digits of a page


class Model(Protocol):
    """A trained network that answers, as a script uses it."""

    def answer(self, values: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        """Answers to prepared values in one batch, JSON-ready: `{"answer": "7", "probabilities": {"0": 0.001, …}}`."""
        ...

    def evaluate(self) -> Mapping[str, Any]:
        """How good it is on its demo's test set, shares in [0, 1]: `{"set": …, "examples": 10000, "accuracy": …}`.

        Raises:
            DataUnavailableError: the test set is not in the data folder.
        """
        ...


class Maker(Protocol):
    """A trained network that makes examples, as a script uses it."""

    @property
    def classes(self) -> Sequence[str]:
        """Name of each label."""
        ...

    def synthetic(self, count: int, *, seed: int, only: int | None = None) -> tuple[Any, Any]:
        """Examples (N, 28, 28) uint8 and labels (N,) int64, of one class or of all in turn; NumPy arrays.

        Raises:
            InvalidSettingError: it was trained without classes, so has none to give.
        """
        ...


@dataclass(frozen=True)
class Models:
    """A demo's trained networks: a `Model` where it answers, a `Maker` where it generates."""

    of_run: Callable[[Saved, State], Any]
    of_release: Callable[[ReleaseModel], Any]  # DataUnavailableError: it needs what is not here
    releases: Mapping[str, ReleaseModel] = field(default_factory=dict)  # by id, the best first


@dataclass(frozen=True)
class Answering:
    """How a demo's models answer files outside its page."""

    inputs: str  # what a file may be, for help texts
    prepare: Callable[[Any], PreparedInput]  # of a Path or a line, in several threads; InvalidInputError, OSError
    reads: Literal["files", "lines"] = "files"  # "lines": files hold one text a line, and a text may be given itself


def _weights_alone(release: ReleaseModel) -> State:
    return {"network": release.weights()}


@dataclass(frozen=True)
class Export:
    """How a demo's models become files. What is None is not offered."""

    network: Callable[[Saved, State], nn.Module]  # in evaluation mode, on the processor
    release_state: Callable[[ReleaseModel], State] = _weights_alone  # what `network` reads, from a release model
    onnx: Callable[[Any], bytes] | None = None  # network → file
    # real inputs, by which the ONNX file is compared with the network, and what they are: "100 MNIST test images"
    compared: Callable[[Saved, State], tuple[torch.Tensor, str]] | None = None  # raises DataUnavailableError
    card: Callable[[Trained, State], Card] | None = None  # what is told of it in a zip with everything


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What a demo's networks are compared with: classical methods, fitted to the same examples."""

    methods: str  # name of the experiment that fits them, one of `core.experiments.classical`
    kind: str  # what an example is, with the icon of that: "Images", ":material/image:"
    icon: str
    raw: str  # what a network reads of it: "pixels"
    question: str  # asked before the methods are fitted
    data_label: Callable[[Any], str]  # config of a network or of the methods → what it learns from: "MNIST"
    network_label: Callable[[Any], str]  # config of a network → what it is: "convolutional"
    is_estimated: Callable[[Any], bool] = lambda config: False  # config of either → its numbers of examples are
    applies: Callable[[Any], bool] = lambda config: True  # config of a network → it can be compared
    release: str = "release"  # id of the release model that stands beside both


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a page says of a demo and of its runs. How it draws them is in `ui/demos/`."""

    name: str = ""  # of the page; empty: the demo's own name
    examples: str = "examples"  # what it answers: "images"
    given: str = "input"  # what a person gives it: "drawing"
    gave: str = "given"  # how: "drawn"
    confusion: str = "What is taken for what"
    mistakes: str = "The most confident mistakes"
    num_mistakes: int = 5


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A demo. Its module in `core/demos/` exports one as `DEMO`."""

    title: str
    order: int  # place among the demos
    icon: str  # a Material icon: ":material/draw:"
    sentence: str
    training: Training | None = None  # what its runs do: a training,
    fits: Fits | None = None  # or several fits; it is one of the two
    models: Models | None = None  # None: nothing is done with what it has trained
    answering: Answering | None = None  # None: its models answer only on its page
    generates: bool = False  # whether its models make examples
    export: Export | None = None
    comparison: Comparison | None = None  # None: its networks are compared with nothing
    diagnose: Callable[[Sequence[Event], Any], Diagnosis | None] | None = None  # config; None: as for a classifier
    page: Page = Page()

    @property
    def task(self) -> Task:
        """What its runs do, of whichever kind: all that queue and pages need to know of it."""
        task = self.training or self.fits
        assert task is not None, f"“{self.title}” neither trains nor fits anything"
        return task

    @property
    def name(self) -> str:
        """In addresses, folders and the run store: "digits"."""
        return self.task.name

    @property
    def releases(self) -> Mapping[str, ReleaseModel]:
        """Its release models by id, the best first."""
        return self.models.releases if self.models is not None else {}
