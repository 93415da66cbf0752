"""Train the release models of the Generator demo, write `weights/generator/`, and measure what is written.

    python -m benchmarks.release_generator mnist [--epochs 8] [--minutes 25] [--seed 0]
    python -m benchmarks.release_generator mnist --finish [--rate 5e-4] [--epochs 4] [--minutes 15]
    python -m benchmarks.release_generator mnist fashion --measure

Needs full MNIST or Fashion-MNIST in the data folder (see docs/settings.md), and the frozen classifiers of
`benchmarks/frozen_classifier.py`. Training ends with its last epoch, when its minutes are over, or with Ctrl-C;
what is there then is the model, no checkpoint is chosen. --finish goes on from the written weights with smaller steps
and a weaker penalty, which a judge that has come close to guessing needs. With --measure nothing is trained.
"""

import argparse
import hashlib
import json
import platform
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from core import demos
from core.contract import Ended, Evaluated, Placement, Stepped
from core.data import sources
from core.demos.generator import measures
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.judge import judge
from core.demos.generator.learner import GeneratorLearner
from core.demos.generator.painter import release_painter
from core.demos.generator.release import FOLDER, release_card, release_model_card, release_weights
from core.knobs import to_json
from core.terminal.interrupt import interruptible
from core.training import engine, placement

NUM_MEASURED = 10_000  # generated pictures, and test images beside them
MEASURED_SEED = 99  # of their latent vectors; training's own figures use others


def release_training(data: str, *, epochs: int, seed: int, is_finish: bool, rate: float) -> GeneratorConfig:
    """The config of a release model: of its first training, or of one that finishes it with a rate of its own."""
    config = GeneratorConfig(
        data=data,
        width=32,
        latent=64,
        batch_size=64,
        penalty=1.0,
        generator_rate=1e-3,
        discriminator_rate=1e-3,
        averaging=0.998,
        epochs=epochs,
        seed=seed,
    )
    if is_finish:
        return replace(config, seed=seed + 1, penalty=0.2, generator_rate=rate, discriminator_rate=rate)
    return config


def main() -> None:
    """Train, write and measure each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", choices=("mnist", "fashion"))
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=25.0, help="stop after so many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--finish", action="store_true", help="go on from the written weights")
    parser.add_argument("--rate", type=float, default=5e-4, help="of both networks, with --finish")
    parser.add_argument("--measure", action="store_true", help="only measure the weights that are there")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    where = Placement(device=placement.device_for("auto"), threads=options.threads, channels_last=True)
    placement.apply(where)
    for data in options.data:
        if not options.measure:
            config = release_training(
                data, epochs=options.epochs, seed=options.seed, is_finish=options.finish, rate=options.rate
            )
            train(options.out, config, where, minutes=options.minutes, is_finish=options.finish)
        measure(options.out, data)


def train(folder: Path, config: GeneratorConfig, where: Placement, *, minutes: float, is_finish: bool) -> None:
    """One training, written as half-precision weights and an entry of `model.json`."""
    task = demos.task("generator")
    dataset = engine.on_device(task.load(config), where.device)
    learner = task.learner(config, where)
    assert isinstance(learner, GeneratorLearner)
    earlier: list[dict[str, Any]] = []
    if is_finish:
        written = release_weights(config.data, folder)
        for network in (learner.generator, learner.average):
            network.load_state_dict(written["generator"])
        learner.discriminator.load_state_dict(written["discriminator"])
        earlier = release_model_card(config.data, folder)["trainings"]
    start, used = time.time(), time.process_time()
    ended: Ended | None = None
    with interruptible() as interrupt:
        events = engine.train(
            task,
            config,
            dataset,
            learner=learner,
            should_stop=lambda: interrupt.requested or time.time() - start > 60 * minutes,
        )
        for event in events:
            if isinstance(event, Evaluated | Stepped):
                figures = "  ".join(f"{name} {value:.2f}" for name, value in event.metrics.items())
                print(f"step {event.step}  {time.process_time() - used:.0f} processor s  {figures}", flush=True)
            ended = event if isinstance(event, Ended) else ended
    assert ended is not None
    training = {
        "config": to_json(replace(config, device="auto")),
        "steps": ended.step,
        "epochs": round(ended.epoch, 2),
        "minutes": round((time.time() - start) / 60, 1),
        "processor_minutes": round((time.process_time() - used) / 60, 1),
        "machine": f"{platform.machine()}, {where.threads} thread, {where.device}, PyTorch {torch.__version__}",
    }
    write(folder, learner, config, {"trained_on": dataset.train.name, "trainings": [*earlier, training]})


def write(folder: Path, learner: GeneratorLearner, config: GeneratorConfig, training: dict[str, Any]) -> None:
    """Half-precision weights of the averaged generator and of the discriminator, and how they came about."""
    folder.mkdir(parents=True, exist_ok=True)
    networks = {"generator": learner.average, "discriminator": learner.discriminator}
    weights = {
        f"{network}.{name}": (value.half() if value.is_floating_point() else value).contiguous().cpu()
        for network, module in networks.items()
        for name, value in module.state_dict().items()
    }
    file = folder / f"{config.data}.safetensors"
    save_file(weights, file)
    card = {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "bytes": file.stat().st_size,
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
    release_card.cache_clear()


def measure(folder: Path, data: str) -> None:
    """The written model before the frozen classifier: 10,000 pictures, a thousand a class, beside the test images."""
    painter, frozen, images = release_painter(data, folder), judge(data), sources.load_images(data)
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
