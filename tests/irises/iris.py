"""Fisher's irises: four measures of a flower → which of three species it is (scikit-learn has them)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.contract import Cost, Dataset, Metric, NetworkCost, Placement, Preset, Split, Training
from core.demo import Demo, Export, Models
from core.knobs import Config, Integer, Real, knob
from core.release import ReleaseModel

if TYPE_CHECKING:
    import torch
    from torch import nn

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
    from core.training.supervised import answering_weights

    network = make_network(from_json(IrisConfig, config)[0])
    network.load_state_dict(answering_weights(state))
    return network.eval()


def release_state(release: ReleaseModel) -> dict[str, Any]:
    """A release model as if it were a checkpoint."""
    return {"network": release.weights()}


class IrisModel:
    """A network that answers."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def probabilities(self, flowers: torch.Tensor) -> Any:
        """(N, 4) → (N, 3) float32."""
        import torch

        with torch.no_grad():
            return self.network(flowers).softmax(1).numpy()

    def answer(self, values: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        """The species of each flower."""
        import torch

        return [{"answer": SPECIES[row.argmax()]} for row in self.probabilities(torch.tensor(values))]


def onnx_file(network: nn.Module) -> bytes:
    """The network as ONNX."""
    import torch

    from core.export import to_onnx

    return to_onnx(network, torch.zeros(1, 4), inputs="flowers", outputs="logits")


TASK = Training(
    name="iris",
    Config=IrisConfig,
    presets=(Preset(name="small", label="Small", sentence="Sixteen neurons.", values={}),),
    metrics=(Metric(name="loss", label="Loss"), Metric(name="accuracy", label="Accuracy", unit="%", goal="max")),
    select="accuracy",
    num_chances=0,
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
        of_run=lambda config, state: IrisModel(run_network(config, state)),
        of_release=lambda release: IrisModel(run_network(release.card["config"], release_state(release))),
        releases={"release": RELEASE},
    ),
    export=Export(network=run_network, release_state=release_state, onnx=onnx_file),
)
