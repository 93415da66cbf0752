"""Make the release models of the Generator demo out of runs, write `weights/generator/`, and measure what is written.

    python -m core train generator --preset best [--data fashion]             a run, on page Generator too
    python -m release.generator --run RUN                          its last weights become the release model
    python -m release.generator --measure mnist fashion            only measures the files that are there

The frozen classifiers are those of `release/frozen_classifier.py`. No checkpoint is chosen.
"""

import argparse
import json
import platform
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core import demos
from core.contract import Placement
from core.data.pictures import sources
from core.demos.generator import measures
from core.demos.generator.config import RELEASES, GeneratorConfig
from core.demos.generator.frozen_classifier import find_classifier
from core.demos.generator.learner import GeneratorLearner
from core.demos.generator.painter import release_painter
from core.knobs import from_json, to_json
from core.release import ReleaseModel
from core.runs.checkpoints import restore
from core.runs.store import open_store
from core.training import placement
from release.weights import save_weights

NUM_MEASURED = 10_000  # generated pictures, and test images beside them
WHERE = Placement(channels_last=True)
MEASURED_SEED = 99  # of their latent vectors; training's own figures use others


def main() -> None:
    """Write and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", help="id of a completed run of the Generator")
    what.add_argument("--measure", nargs="+", choices=("mnist", "fashion"), help="train nothing, write no weights")
    parser.add_argument("--out", type=Path, default=RELEASES["release"].folder)
    options = parser.parse_args()
    placement.apply(WHERE)
    for data in options.measure or [take(options.run, options.out)]:
        measure(options.out, data)


def take(run_id: str, folder: Path) -> str:
    """The last weights of a run as a release model; returns the name of its data."""
    store = open_store()
    run = store.book.get(run_id)
    restored = restore(store.book, store.files, run_id)
    if run.task != "generator" or run.state != "completed" or restored is None or run.placement is None:
        raise SystemExit(f"Run {run_id} is not a completed run of the Generator.")
    config, _ = from_json(GeneratorConfig, run.config)
    task = demos.training("generator")
    learner = task.learner(config, WHERE)
    assert isinstance(learner, GeneratorLearner)
    learner.load_state_dict(restored.state["learner"])
    training = {
        "steps": restored.checkpoint.step,
        "epochs": round(restored.checkpoint.epoch, 2),
        "minutes": round(run.seconds_used / 60, 1),
        "machine": f"{platform.machine()}, {placement.in_words(run.placement)}, PyTorch {torch.__version__}",
    }
    write(folder, learner, config, {"trained_on": task.load(config).train.name, "training": training})
    return config.data


def write(folder: Path, learner: GeneratorLearner, config: GeneratorConfig, training: dict[str, Any]) -> None:
    """Half-precision weights of the averaged generator and of the discriminator, and how they came about."""
    folder.mkdir(parents=True, exist_ok=True)
    networks = {"generator": learner.average, "discriminator": learner.discriminator}
    state = {
        f"{network}.{name}": value
        for network, module in networks.items()
        for name, value in module.state_dict().items()
    }
    file = folder / f"{config.data}.safetensors"
    card = {
        "file": file.name,
        **save_weights(file, state),
        "parameters": {name: sum(p.numel() for p in module.parameters()) for name, module in networks.items()},
        "config": to_json(replace(config, device="auto")),
        **training,
    }
    save_card(folder, config.data, card)


def save_card(folder: Path, data: str, card: dict[str, Any]) -> None:
    """Put the entry of one data set into `model.json`."""
    path = folder / "model.json"
    whole = json.loads(path.read_text()) if path.exists() else {"models": {}}
    whole["models"][data] = card
    whole["models"] = {name: whole["models"][name] for name in ("mnist", "fashion") if name in whole["models"]}
    path.write_text(json.dumps(whole, indent=2) + "\n")


def measure(folder: Path, data: str) -> None:
    """The written model before the frozen classifier: 10,000 pictures, a thousand a class, beside the test images."""
    painter, frozen, images = (
        release_painter(ReleaseModel(folder, data)),
        find_classifier(data),
        sources.load_images(data),
    )
    assert frozen is not None
    start = time.process_time()
    pictures, labels = painter.synthetic(NUM_MEASURED, seed=MEASURED_SEED)
    per_second = NUM_MEASURED / (time.process_time() - start)
    asked = torch.from_numpy(labels)
    features, probabilities = frozen.look(pixels(pictures))
    test_features, test_probabilities = frozen.look(pixels(images.test_images))
    train_features, _ = frozen.look(pixels(images.train_images[:NUM_MEASURED]))
    test_labels = torch.from_numpy(images.test_labels.astype(np.int64))
    by_class = [measures.agreement(probabilities[asked == label], asked[asked == label]) for label in range(10)]
    card = json.loads((folder / "model.json").read_text())["models"][data]
    card["figures"] = {
        "set": f"{NUM_MEASURED:,} generated pictures, {NUM_MEASURED // 10:,} of each class",
        "agreement": round(measures.agreement(probabilities, asked), 2),
        "agreement_by_class": {name: round(share, 1) for name, share in zip(images.classes, by_class, strict=True)},
        "agreement_of_real": round(measures.agreement(test_probabilities, test_labels), 2),
        "diversity": round(100 * measures.spread(features, asked) / measures.spread(test_features, test_labels), 1),
        "frechet": round(measures.frechet_distance(features, test_features), 3),
        "frechet_of_real": round(measures.frechet_distance(train_features, test_features), 3),
        "real": f"{len(test_labels):,} {images.name} test images; real against real: {NUM_MEASURED:,} training images",
        "images_per_second": round(per_second),
        "grid_of_64_milliseconds": round(1000 * grid_seconds(painter), 1),
    }
    save_card(folder, data, card)
    print(json.dumps(card["figures"], indent=2))


def grid_seconds(painter: Any) -> float:
    """Processor seconds for a grid of 64, the best of 20: what it takes when the core is free."""
    times = []
    for seed in range(20):
        start = time.process_time()
        painter.synthetic(64, seed=seed)
        times.append(time.process_time() - start)
    return min(times)


def pixels(images: np.ndarray) -> torch.Tensor:
    """(N, 28, 28) uint8 → (N, 1, 28, 28) float32 in [0, 1]."""
    return torch.from_numpy(images.astype(np.float32) / 255).unsqueeze(1)


if __name__ == "__main__":
    main()
