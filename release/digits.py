"""Train the release model of the Digits demo and write `weights/digits/`.

    python -m release.digits [--epochs 14] [--finish 8] [--settle 4] [--strokes 20000] [--seed 0] [--out FOLDER]
    python -m release.digits --measure [--record] [--out FOLDER]

Needs the full MNIST in the data folder (see docs/settings.md). The 1,000 digits that every page tests on are taken out
of the training images first. Beside MNIST it learns from synthetic pen drawings and from two of three drawings of
Pen-Digits, each drawn twice, but for the digits whose strokes were joined when they were published. Most epochs see
strongly warped pictures; then some see lightly warped ones, nearer to those that are read later, at a lower learning
rate; the last few do so with a fifth of the synthetic drawings and half of the pictures of Pen-Digits, because the many
odd ways of writing cost MNIST's digits. No image of the test set is looked at before the last epoch is done, and no
epoch is chosen: the last one is the model.
"""

import argparse
import json
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks import machine
from core import demos
from core.contract import Dataset, Evaluated, Placement, Split
from core.data.pictures import drawing, pen_digits, sources, strokes
from core.data.pictures.pen_strokes import Strokes
from core.demos.digits.config import RELEASE, DigitsConfig
from core.demos.digits.learner import make_learner
from core.demos.digits.reader import read_model
from core.knobs import to_json
from core.release import ReleaseModel
from core.training import engine, placement
from core.training.supervised import SupervisedLearner, answering_weights
from release import record
from release.weights import save_weights

STROKE_SEED, STROKE_TEST_SEED = 1, 2
NUM_STROKE_TEST = 5000
PEN_SEEDS = (5, 6)  # of the pictures made of each drawing
CANVAS, MARGIN, PEN = 280, 40, 20  # pixels, of the canvas on which kept drawings are drawn


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


def finishing(*, epochs: int, seed: int) -> DigitsConfig:
    """The config of the last epochs, which go on from the averaged weights of the ones before."""
    return replace(
        release_training(epochs=epochs, seed=seed + 100), augmentation="light", learning_rate=1e-3, schedule="cosine"
    )


def split(images: np.ndarray, labels: np.ndarray, name: str) -> Split:
    """A split of uint8 (N, 28, 28) images and their labels."""
    return Split(torch.from_numpy(images.copy()), torch.from_numpy(labels.astype("int64")), name)


def data(*, num_strokes: int) -> tuple[Dataset, Sequence[Split]]:
    """Training data without the held-out digits, validation on these, test on MNIST's; and test sets of drawings."""
    mnist = sources.load_images("mnist")
    held_out, held_out_labels = sources.held_out_digits()
    images = np.concatenate([mnist.train_images, mnist.validation_images])
    labels = np.concatenate([mnist.train_labels, mnist.validation_labels])
    held = {picture.tobytes() for picture in held_out}
    kept = np.array([picture.tobytes() not in held for picture in images])
    assert (~kept).sum() == len(held_out), f"{(~kept).sum()} of the held-out digits are in the training images"
    points, digits, is_kept = pen_drawings()
    pen = [pen_digits.images_of(points[~is_kept], seed=seed) for seed in PEN_SEEDS]
    drawn, drawn_labels = strokes.render_many(num_strokes, seed=STROKE_SEED)
    test_drawn, test_drawn_labels = strokes.render_many(NUM_STROKE_TEST, seed=STROKE_TEST_SEED)
    dataset = Dataset(
        train=split(
            np.concatenate([images[kept], drawn, *pen]),
            np.concatenate([labels[kept], drawn_labels, *[digits[~is_kept]] * len(pen)]),
            f"{kept.sum():,} MNIST images, {num_strokes:,} synthetic pen drawings and {(~is_kept).sum():,} drawings of "
            "Pen-Digits",
        ),
        validation=split(held_out, held_out_labels, f"{len(held_out):,} held-out MNIST digits"),
        test=split(mnist.test_images, mnist.test_labels, "10,000 MNIST test images"),
    )
    return dataset, (
        split(test_drawn, test_drawn_labels, f"{NUM_STROKE_TEST:,} synthetic pen drawings"),
        split(on_canvas(points[is_kept]), digits[is_kept], f"{is_kept.sum():,} kept drawings of Pen-Digits"),
    )


def settled(dataset: Dataset, *, num_strokes: int) -> Dataset:
    """The same data with a fifth of the synthetic drawings and one picture of each drawing of Pen-Digits."""
    train = dataset.train
    num_pen = int((~pen_drawings()[2]).sum())
    num_mnist = len(train) - num_strokes - len(PEN_SEEDS) * num_pen
    some = torch.randperm(num_strokes, generator=torch.Generator().manual_seed(0))[: num_strokes // 5]
    kept = torch.cat([torch.arange(num_mnist), num_mnist + some, num_mnist + num_strokes + torch.arange(num_pen)])
    return replace(dataset, train=replace(train, inputs=train.inputs[kept], targets=train.targets[kept]))


def pen_drawings() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drawings of Pen-Digits in one stroke, their digits, and which are kept: what page Digits does not train on."""
    points, digits = pen_digits.drawings()
    is_kept = np.arange(len(digits)) % 3 == 0
    whole = ~np.isin(digits, pen_digits.JOINED)
    return points[whole], digits[whole], is_kept[whole]


def on_canvas(points: np.ndarray) -> np.ndarray:
    """Pictures uint8 (N, 28, 28) of drawings as page Digits prepares them from its canvas, as wide as high."""
    made = []
    for drawn in points:
        path = tuple((float(x), float(y)) for x, y in MARGIN + drawn * (CANVAS - 2 * MARGIN))
        made.append(drawing.prepare(Strokes((path,), (CANVAS, CANVAS), PEN)).image)
    return np.round(255 * np.stack(made)).astype(np.uint8)


def main() -> None:
    """Train, report and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=14, help="0: only finish the weights that are there")
    parser.add_argument("--finish", type=int, default=8, help="more epochs, on lightly warped pictures")
    parser.add_argument("--settle", type=int, default=4, help="the last epochs, on fewer drawings")
    parser.add_argument("--strokes", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--measure", action="store_true", help="only measure the weights that are there")
    parser.add_argument("--out", type=Path, default=RELEASE.folder)
    parser.add_argument("--record", action="store_true", help="add the figures of this seed to docs/benchmarks.md")
    options = parser.parse_args()
    load = machine.load()
    dataset, drawings = data(num_strokes=options.strokes)
    if not options.measure:
        train(options, dataset)
    measure(options.out, (dataset.validation, dataset.test, *drawings))
    if options.record:
        record.release("digits", json.loads((options.out / "model.json").read_text()), load_before=load)


def train(options: argparse.Namespace, dataset: Dataset) -> None:
    """All parts of the training; each writes its weights."""
    precision = "bfloat16" if placement.has_bfloat16_units() else "float32"
    where = Placement(placement.device_for("auto"), options.threads, precision, channels_last=True)
    placement.apply(where)
    if options.epochs:
        config = release_training(epochs=options.epochs, seed=options.seed)
        learner = make_learner(config, where)
        minutes = trained(learner, config, dataset, where)
        configs: dict[str, object] = {"config": to_json(replace(config, device="auto"))}
        write(options.out, learner, configs, dataset.train.name, minutes, where)
    go_on(options, "finish", finishing(epochs=options.finish, seed=options.seed), dataset, where)
    fewer = settled(dataset, num_strokes=options.strokes)
    go_on(options, "settle", finishing(epochs=options.settle, seed=options.seed + 7), fewer, where)


def go_on(options: argparse.Namespace, part: str, config: DigitsConfig, dataset: Dataset, where: Placement) -> None:
    """Train the written weights on, and write what this part changed; nothing where it has no epochs."""
    if not config.epochs:
        return
    card = json.loads((options.out / "model.json").read_text())
    learner = make_learner(config, where)
    load_weights(learner, ReleaseModel(options.out).weights())
    minutes = card["minutes"] + trained(learner, config, dataset, where)
    changed = ("epochs", "seed", "augmentation", "learning_rate", "schedule")
    configs = {name: card[name] for name in ("config", "finish") if name in card and name != part}
    configs[part] = {name: to_json(config)[name] for name in changed}
    write(options.out, learner, configs, card["trained_on"] if part == "settle" else dataset.train.name, minutes, where)


def load_weights(learner: SupervisedLearner, weights: dict[str, torch.Tensor]) -> None:
    """Begin with these weights, and the moving average with them."""
    learner.network.load_state_dict(weights)
    assert learner.average is not None
    learner.average.module.load_state_dict(weights)


def trained(learner: SupervisedLearner, config: DigitsConfig, dataset: Dataset, where: Placement) -> float:
    """Train and report; returns minutes."""
    start = time.time()
    for event in engine.train(
        demos.training("digits"), config, engine.on_device(dataset, where.device), learner=learner
    ):
        if isinstance(event, Evaluated):
            print(f"epoch {event.epoch:.1f}  {event.metrics}  {time.time() - start:.0f} s", flush=True)
    return (time.time() - start) / 60


def write(
    folder: Path,
    learner: SupervisedLearner,
    configs: dict[str, object],
    trained_on: str,
    minutes: float,
    where: Placement,
) -> None:
    """Half-precision weights, and how they came about."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = save_weights(folder / "model.safetensors", answering_weights(learner.state_dict()))
    card = {
        **configs,
        "trained_on": trained_on,
        **kept,
        "parameters": sum(parameter.numel() for parameter in learner.network.parameters()),
        "minutes": round(minutes, 1),
        "machine": f"{platform.machine()}, {placement.in_words(where)}, PyTorch {torch.__version__}",
    }
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n")


def measure(folder: Path, splits: Iterable[Split]) -> None:
    """Accuracy of the written file itself on each split, added to `model.json`."""
    reader = read_model(ReleaseModel(folder))
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
