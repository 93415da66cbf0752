"""Fisher's irises: four measures of a flower → which of three species it is (scikit-learn has them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.contract import CLASSIFICATION, Cost, Dataset, NetworkCost, Placement, Preset, Split, Training
from core.demo import Demo, Export, Models
from core.knobs import Config, Integer, Real, knob
from core.release import ReleaseModel

if TYPE_CHECKING:
    from torch import nn

    from core.classifier import Classifier
    from core.training.supervised import SupervisedLearner

SPECIES = ("setosa", "versicolor", "virginica")
MEASURES = ("Sepal length", "Sepal width", "Petal length", "Petal width")  # cm
RELEASE = ReleaseModel(Path(__file__).parent / "weights")
NUM = {"train": 90, "validation": 30, "test": 30}


@dataclass(frozen=True)
class IrisConfig(Config):
    """A network of one hidden layer."""

    width: int = knob(Integer(label="Width", help="Neurons in the hidden layer.", low=2, high=64), 16)
    rate: float = knob(Real(label="Learning rate", help="Size of a step.", low=0.001, high=0.1, step=0.001), 0.02)


def make_network(config: IrisConfig) -> nn.Module:
    """(B, 4) float32, cm → (B, 3) logits."""
    from torch import nn

    return nn.Sequential(nn.Linear(4, config.width), nn.ReLU(), nn.Linear(config.width, len(SPECIES)))


def load(config: IrisConfig) -> Dataset:
    """Three splits of the 150 flowers."""
    import torch
    from sklearn.datasets import load_iris

    flowers, species = load_iris(return_X_y=True)
    order = torch.randperm(len(flowers), generator=torch.Generator().manual_seed(0))
    inputs, targets = torch.from_numpy(flowers).float()[order], torch.from_numpy(species).long()[order]
    splits, start = {}, 0
    for name, count in NUM.items():
        splits[name] = Split(inputs[start : start + count], targets[start : start + count], f"{count} {name} flowers")
        start += count
    return Dataset(**splits)


def make_learner(config: IrisConfig, placement: Placement) -> SupervisedLearner:
    """A fresh learner."""
    import torch
    from torch import nn

    from core.training.supervised import SupervisedLearner

    torch.manual_seed(config.seed)
    network = make_network(config)
    return SupervisedLearner(
        network=network,
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(network.parameters(), lr=config.rate),
        prepare=lambda stored, chance: stored,
        schedule="constant",
        averaging=0.0,
        placement=placement,
    )


def run_network(config: Mapping[str, Any], state: Mapping[str, Any]) -> nn.Module:
    """The network of a run."""
    from core.knobs import from_json
    from core.training.supervised import trained

    return trained(make_network(from_json(IrisConfig, config)[0]), state)


def classifier(network: nn.Module) -> Classifier:
    """A network that answers."""
    import torch

    from core.classifier import Classifier, Labelled

    class IrisClassifier(Classifier):
        classes = SPECIES

        @torch.no_grad()
        def probabilities(self, flowers: Any) -> Any:
            return network(torch.as_tensor(flowers)).softmax(1).numpy()

        def test_set(self) -> Labelled:
            split = load(IrisConfig()).test
            return Labelled(split.name, split.inputs, split.targets.numpy())

    return IrisClassifier()


def onnx_file(network: nn.Module) -> bytes:
    """The network as ONNX."""
    import torch

    from core.export import to_onnx

    return to_onnx(network, torch.zeros(1, 4), inputs="flowers", outputs="logits")


TASK = Training(
    name="iris",
    Config=IrisConfig,
    presets=(Preset(name="small", label="Small", sentence="Sixteen neurons.", values={}),),
    metrics=CLASSIFICATION,
    select="accuracy",
    batch_size=lambda config: 10,
    load=load,
    learner=make_learner,
    num_parameters=lambda config: 8 * config.width + 3,
    cost=lambda config: Cost(
        network=NetworkCost(
            flops=14 * config.width,
            activations=config.width + 3,
            num_layers=2,
            answering=14 * config.width,
            learning=42 * config.width,
        ),
        num_train=NUM["train"],
        num_validation=NUM["validation"],
        num_test=NUM["test"],
        example_bytes=24,
        optimizer_copies=2,
    ),
    placement=Placement(),
)

DEMO = Demo(
    title="Irises",
    order=5,
    icon=":material/local_florist:",
    sentence="Measure a flower, and a network says which iris it is.",
    training=TASK,
    models=Models(
        of_run=lambda config, state: classifier(run_network(config, state)),
        of_release=lambda release: classifier(run_network(release.card["config"], {"network": release.weights()})),
        releases={"release": RELEASE},
    ),
    export=Export(network=run_network, onnx=onnx_file),
)
