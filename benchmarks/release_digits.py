"""Train the release model of the Digits demo and write `weights/digits/`.

    python -m benchmarks.release_digits [--epochs 20] [--strokes 40000] [--seed 0] [--out FOLDER] [--record]

Needs the full MNIST in the data folder (see docs/settings.md). The 1,000 digits that every page tests on are taken out
of the training images first. No image of the test set is looked at before the last epoch is done, and no epoch is
chosen: the last one is the model.
"""

import argparse
import hashlib
import json
import platform
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from benchmarks import machine, record
from core import demos
from core.contract import Dataset, Evaluated, Placement, Split
from core.data import sources, strokes
from core.demos.digits.config import DigitsConfig
from core.demos.digits.reader import read_model
from core.demos.digits.release import FOLDER
from core.knobs import to_json
from core.training import engine, placement
from core.training.supervised import SupervisedLearner, answering_weights

STROKE_SEED, STROKE_TEST_SEED = 1, 2
NUM_STROKE_TEST = 5000


def release_training(*, epochs: int, seed: int) -> DigitsConfig:
    """The config of the release model."""
    return DigitsConfig(
        epochs=epochs,
        seed=seed,
        network="cnn",
        depth=3,
        convolutions=2,
        width=16,
        kernel=3,
        data="mnist",
        optimizer="adamw",
        learning_rate=4e-3,
        weight_decay=0.01,
        schedule="one_cycle",
        batch_size=128,
        label_smoothing=0.05,
        dropout=0.3,
        augmentation="strong",
        averaging=0.999,
    )


def split(images: np.ndarray, labels: np.ndarray, name: str) -> Split:
    """A split of uint8 (N, 28, 28) images and their labels."""
    return Split(torch.from_numpy(images.copy()), torch.from_numpy(labels.astype("int64")), name)


def data(*, num_strokes: int) -> tuple[Dataset, Split]:
    """Training data without the held-out digits, validation on these, test on MNIST's; and a test set of strokes."""
    mnist = sources.load_images("mnist")
    held_out, held_out_labels = sources.held_out_digits()
    images = np.concatenate([mnist.train_images, mnist.validation_images])
    labels = np.concatenate([mnist.train_labels, mnist.validation_labels])
    held = {picture.tobytes() for picture in held_out}
    kept = np.array([picture.tobytes() not in held for picture in images])
    assert (~kept).sum() == len(held_out), f"{(~kept).sum()} of the held-out digits are in the training images"
    drawn, drawn_labels = strokes.render_many(num_strokes, seed=STROKE_SEED)
    test_drawn, test_drawn_labels = strokes.render_many(NUM_STROKE_TEST, seed=STROKE_TEST_SEED)
    dataset = Dataset(
        train=split(
            np.concatenate([images[kept], drawn]),
            np.concatenate([labels[kept], drawn_labels]),
            f"{kept.sum():,} MNIST images and {num_strokes:,} synthetic pen drawings",
        ),
        validation=split(held_out, held_out_labels, f"{len(held_out):,} held-out MNIST digits"),
        test=split(mnist.test_images, mnist.test_labels, "10,000 MNIST test images"),
    )
    return dataset, split(test_drawn, test_drawn_labels, f"{NUM_STROKE_TEST:,} synthetic pen drawings")


def main() -> None:
    """Train, report and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--strokes", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--measure", action="store_true", help="only measure the weights that are there")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--record", action="store_true", help="add the figures of this seed to docs/benchmarks.md")
    options = parser.parse_args()
    load = machine.load()
    task = demos.task("digits")
    config = release_training(epochs=options.epochs, seed=options.seed)
    dataset, drawings = data(num_strokes=options.strokes)
    where = Placement(device=placement.device_for("auto"), threads=options.threads, channels_last=True)
    placement.apply(where)
    learner = task.learner(config, where)
    assert isinstance(learner, SupervisedLearner)
    if not options.measure:
        start = time.time()
        for event in engine.train(task, config, engine.on_device(dataset, where.device), learner=learner):
            if isinstance(event, Evaluated):
                accuracy = event.metrics["accuracy"]
                print(f"epoch {event.epoch:.0f}  {accuracy:.2f} %  {time.time() - start:.0f} s", flush=True)
        write(options.out, learner, config, dataset, minutes=(time.time() - start) / 60, where=where)
    measure(options.out, (dataset.validation, dataset.test, drawings))
    if options.record:
        record.release("digits", json.loads((options.out / "model.json").read_text()), load_before=load)


def write(
    folder: Path,
    learner: SupervisedLearner,
    config: DigitsConfig,
    dataset: Dataset,
    *,
    minutes: float,
    where: Placement,
) -> None:
    """Half-precision weights, and how they came about."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: (value.half() if value.is_floating_point() else value).contiguous().cpu()
        for name, value in answering_weights(learner.state_dict()).items()
    }
    file = folder / "model.safetensors"
    save_file(weights, file)
    card = {
        "config": to_json(replace(config, device="auto")),
        "trained_on": dataset.train.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "bytes": file.stat().st_size,
        "parameters": sum(parameter.numel() for parameter in learner.network.parameters()),
        "minutes": round(minutes, 1),
        "machine": f"{platform.machine()}, {where.threads} threads, PyTorch {torch.__version__}",
    }
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n")


def measure(folder: Path, splits: Iterable[Split]) -> None:
    """Accuracy of the written file itself on each split, added to `model.json`."""
    reader = read_model(folder)
    card = json.loads((folder / "model.json").read_text())
    card["figures"] = []
    for chosen in splits:
        answers = reader.probabilities(chosen.inputs.numpy().astype(np.float32) / 255).argmax(1)
        accuracy = 100 * float((answers == chosen.targets.numpy()).mean())
        card["figures"].append({"set": chosen.name, "examples": len(chosen), "accuracy": round(accuracy, 2)})
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
