"""Train the release model of the Sentiment demo and write `weights/sentiment/`.

    python -m benchmarks.release_sentiment [--epochs 5] [--seed 0]
    python -m benchmarks.release_sentiment --measure

Needs SST-2 in the data folder (see docs/settings.md): `train.tsv` and `dev.tsv`, and for the last figure
`test_labels_from_trees.tsv`. One thousand whole sentences are taken out of the training phrases, with every phrase of
theirs; on them the weights and the temperature are chosen. The dev set and the test set are only reported on.
"""

import argparse
import hashlib
import json
import platform
import time
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from core import demos
from core.contract import Evaluated, Placement
from core.data import text
from core.demos.sentiment.calibration import calibration, fit_temperature
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.reader import TextReader, read_model
from core.demos.sentiment.release import FOLDER
from core.knobs import to_json
from core.training import engine, placement
from core.training.supervised import SupervisedLearner, answering_weights

TREEBANK_TEST = "test_labels_from_trees.tsv"


def release_training(*, epochs: int, seed: int) -> SentimentConfig:
    """The config of the release model."""
    return SentimentConfig(epochs=epochs, seed=seed, data="sst2", averaging=0.999, device="cpu")


def main() -> None:
    """Train, report and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--measure", action="store_true", help="only measure the weights that are there")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    if not options.measure:
        train(options.out, release_training(epochs=options.epochs, seed=options.seed))
    measure(options.out)


def train(folder: Path, config: SentimentConfig) -> None:
    """Train and write the weights that were best on the held-out sentences."""
    task = demos.task("sentiment")
    where = Placement(threads=1)
    placement.apply(where)
    dataset = task.load(config)
    learner = task.learner(config, where)
    assert isinstance(learner, SupervisedLearner)
    start, best = time.time(), 0.0
    for event in engine.train(task, config, dataset, learner=learner):
        if isinstance(event, Evaluated):
            minutes, accuracy = (time.time() - start) / 60, event.metrics["accuracy"]
            print(f"epoch {event.epoch:.2f}  {accuracy:.2f} %  {minutes:.1f} min", flush=True)
            if accuracy > best and event.step:
                best = accuracy
                write(folder, learner, config, trained_on=dataset.train.name, minutes=minutes, epoch=event.epoch)


def write(
    folder: Path, learner: SupervisedLearner, config: SentimentConfig, *, trained_on: str, minutes: float, epoch: float
) -> None:
    """Half-precision weights, the tokenizer, and how they came about."""
    folder.mkdir(parents=True, exist_ok=True)
    state = learner.state_dict()
    weights = {name: value.half().contiguous() for name, value in answering_weights(state).items()}
    save_file(weights, folder / "model.safetensors")
    (folder / "tokenizer.json").write_text(state["tokenizer"], encoding="utf-8")
    file = folder / "model.safetensors"
    card = {
        "config": to_json(replace(config, device="auto")),
        "classes": state["classes"],
        "temperature": 1.0,
        "trained_on": trained_on,
        "epoch": round(epoch, 2),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "bytes": file.stat().st_size,
        "parameters": sum(parameter.numel() for parameter in learner.network.parameters()),
        "minutes": round(minutes, 1),
        "machine": f"{platform.machine()}, 1 thread, PyTorch {torch.__version__}",
    }
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n")


def measure(folder: Path) -> None:
    """Temperature on the held-out sentences; accuracy and calibration of the written file itself on each set."""
    card = json.loads((folder / "model.json").read_text())
    reader = read_model(folder)
    sst2 = text.load("sst2")
    held_out = sst2.validation
    reader.temperature = 1.0
    logits = torch.from_numpy(reader.logits(held_out.texts))
    reader.temperature = card["temperature"] = fit_temperature(logits, torch.from_numpy(held_out.labels))
    sets = {f"{len(held_out):,} held-out SST-2 training sentences": held_out, "872 SST-2 dev sentences": sst2.test}
    tsv = text.sst2_folder()
    if tsv is not None and (tsv / TREEBANK_TEST).is_file():
        sets["1,821 SST-2 test sentences"] = text.read_tsv(tsv / TREEBANK_TEST)
    sets["2,000 IMDb test reviews, cut at the length"] = text.load("imdb").test
    card["figures"] = [
        figure(reader, name, part) | ({"headline": True} if part is sst2.test else {}) for name, part in sets.items()
    ]
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card, indent=2))


def figure(reader: TextReader, name: str, part: text.Part) -> dict[str, object]:
    """Accuracy in percent, expected calibration error, and how many answers are sure."""
    probabilities = reader.probabilities(part.texts)
    sure = probabilities.max(1) >= reader.sure_from
    right = probabilities.argmax(1) == part.labels
    return {
        "set": name,
        "examples": len(part),
        "accuracy": round(100 * float(right.mean()), 2),
        "expected_calibration_error": round(calibration(probabilities, part.labels).error, 4),
        "sure": round(100 * float(sure.mean()), 1),
        "accuracy_where_sure": round(100 * float(right[sure].mean()), 2),
    }


if __name__ == "__main__":
    main()
