"""Train the frozen classifiers that measure generated pictures: `weights/generator/classifier-*.safetensors`.

    python -m release.frozen_classifier mnist fashion [--epochs 10] [--seed 1]

Needs full MNIST and Fashion-MNIST in the data folder (see docs/settings.md). The last epoch is the model. No GAN takes
part in this, and no GAN is trained against what it makes: only figures are.
"""

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core import demos
from core.contract import Evaluated, Placement
from core.data.pictures import sources
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import make_network
from core.demos.generator.frozen_classifier import FOLDER, FrozenClassifier, classifier_network
from core.training import engine, placement
from core.training.supervised import SupervisedLearner
from release.weights import halved, save_weights


def training(data: str, *, epochs: int, seed: int) -> DigitsConfig:
    """The config of a frozen classifier: the network of `classifier_network`, trained as the Digits demo trains."""
    return DigitsConfig(
        data=data,
        depth=3,
        width=16,
        kernel=3,
        dropout=0.0,
        optimizer="adamw",
        learning_rate=5e-3,
        weight_decay=0.01,
        schedule="one_cycle",
        batch_size=128,
        augmentation="light",
        epochs=epochs,
        seed=seed,
    )


def main() -> None:
    """Train, write and measure each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", choices=("mnist", "fashion"))
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    for data in options.data:
        config = training(data, epochs=options.epochs, seed=options.seed)
        start = time.time()
        network = trained(config, threads=options.threads)
        write(FOLDER, data, network, config, minutes=(time.time() - start) / 60)


def trained(config: DigitsConfig, *, threads: int) -> nn.Module:
    """A classifier after its last epoch."""
    task = demos.training("digits")
    where = Placement(device=placement.device_for("auto"), threads=threads, channels_last=True)
    placement.apply(where)
    learner = task.learner(config, where)
    assert isinstance(learner, SupervisedLearner)
    for event in engine.train(task, config, engine.on_device(task.load(config), where.device), learner=learner):
        if isinstance(event, Evaluated):
            print(f"{config.data}: epoch {event.epoch:.0f}  {event.metrics['accuracy']:.2f} %", flush=True)
    network = make_network(config)
    network.load_state_dict(learner.network.state_dict())
    return network


def write(folder: Path, data: str, network: nn.Module, config: DigitsConfig, *, minutes: float) -> None:
    """Half-precision weights, and in `classifiers.json` their hash and the accuracy of the file on the test set."""
    file = folder / f"classifier-{data}.safetensors"
    state = network.state_dict()
    kept = save_weights(file, state)
    written = classifier_network()
    written.load_state_dict({n: halved(v).to(v.dtype) for n, v in state.items()})
    images = sources.load_images(data)
    pixels = torch.from_numpy(images.test_images.astype(np.float32) / 255).unsqueeze(1)
    answers = FrozenClassifier(written).look(pixels)[1].argmax(1).numpy()
    cards = folder / "classifiers.json"
    card = json.loads(cards.read_text()) if cards.exists() else {}
    card[data] = {
        "file": file.name,
        "sha256": kept["sha256"],
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "trained_on": f"{len(images.train_images):,} {images.name} training images",
        "set": f"{len(answers):,} {images.name} test images",
        "examples": len(answers),
        "accuracy": round(100 * float((answers == images.test_labels).mean()), 2),
        "epochs": config.epochs,
        "seed": config.seed,
        "minutes": round(minutes, 1),
        "machine": f"{platform.machine()}, PyTorch {torch.__version__}",
    }
    cards.write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card[data], indent=2))


if __name__ == "__main__":
    main()
