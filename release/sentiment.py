"""Train the small release model of the Sentiment demo and write `weights/sentiment/`.

    python -m release.sentiment [--epochs 5] [--seed 0]             from scratch
    python -m release.sentiment --distil [--answers FILE.npz]       the same, from the encoder's answers
    python -m release.sentiment --measure                           the files that are there

Needs SST-2 in the data folder (see docs/settings.md): `train.tsv` and `dev.tsv`, and for one figure
`test_labels_from_trees.tsv`. One thousand whole sentences are taken out of the training phrases, with every phrase of
theirs; on them the weights and the temperature are chosen. The dev set and the test set are only reported on. The
encoder's is made by `release_encoder.py`, which writes and measures it as is done here.
"""

import argparse
import json
import platform
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from core import demos
from core.contract import Dataset, Evaluated, Placement
from core.data.text import reviews
from core.demos.sentiment import difference, minilm
from core.demos.sentiment.calibration import calibration, fit_temperature
from core.demos.sentiment.config import RELEASES, SMALL, SentimentConfig
from core.demos.sentiment.reader import TextReader, read_model
from core.knobs import to_json
from core.release import ReleaseModel
from core.training import engine, placement
from core.training.supervised import SupervisedLearner, answering_weights
from release import distillation
from release.weights import save_tensors, save_weights

TREEBANK_TEST = "test_labels_from_trees.tsv"
WEIGHTS, CARD, TOKENIZER = "model.safetensors", "model.json", "tokenizer.json"
EPOCHS = 5
READ = 128  # pieces that the encoder reads, more than it is trained with: whole reviews, of which it then makes more
WHERE = Placement(threads=1)
SETTINGS: dict[str, Any] = {"averaging": 0.999}
DISTILLED: dict[str, Any] = {"label_smoothing": 0.0, "dropout": 0.1}
WHOLE_REVIEWS = 300  # on which it is found what the sentences of a long text are multiplied by
IMDB_SENTENCES = 80_000  # that the encoder answers for the small model to learn from


def main() -> None:
    """Train, report and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--distil", action="store_true", help="let it learn from the encoder's answers")
    parser.add_argument(
        "--answers", "--taught", type=Path, metavar="FILE", help="keep these answers here, or take them from here"
    )
    parser.add_argument("--sentences", type=int, default=IMDB_SENTENCES, help="of IMDb, unlabelled, for --distil")
    parser.add_argument("--measure", action="store_true", help="only measure the weights that are there")
    parser.add_argument("--out", type=Path, default=SMALL.folder, help="default: the folder of the release model")
    options = parser.parse_args()
    if not options.measure:
        placement.apply(WHERE)
        settings = DISTILLED if options.distil else {}
        config = SentimentConfig(
            epochs=options.epochs, seed=options.seed, data="sst2", device="cpu", **SETTINGS | settings
        )
        dataset, learner = _distilled(config, options) if options.distil else _plain(config)
        train(options.out, config, dataset, learner)
    measure(options.out)


def _plain(config: SentimentConfig) -> tuple[Dataset, SupervisedLearner]:
    task = demos.training("sentiment")
    learner = task.learner(config, WHERE)
    assert isinstance(learner, SupervisedLearner)
    return task.load(config), learner


def _distilled(config: SentimentConfig, options: argparse.Namespace) -> tuple[Dataset, SupervisedLearner]:
    texts = distillation.texts_to_learn(most=options.sentences)
    answered = distillation.margins(read_model(RELEASES["encoder"]), texts, kept=options.answers)
    dataset = demos.training("sentiment").load(config)
    return distillation.lesson(dataset, config, texts, answered), distillation.Student(config, WHERE)


def train(
    folder: Path, config: SentimentConfig, dataset: Dataset, learner: SupervisedLearner, *, best: bool = True
) -> None:
    """Train and write the weights that were best on the held-out sentences, or the last ones."""
    task = demos.training("sentiment")
    start, highest = time.time(), 0.0
    for event in engine.train(task, config, dataset, learner=learner):
        if isinstance(event, Evaluated):
            minutes, accuracy = (time.time() - start) / 60, event.metrics["accuracy"]
            print(f"epoch {event.epoch:.2f}  {accuracy:.2f} %  {minutes:.1f} min", flush=True)
            if event.step and (accuracy > highest or not best):
                highest = accuracy
                write(folder, learner, config, trained_on=dataset.train.name, minutes=minutes, epoch=event.epoch)


def write(
    folder: Path, learner: SupervisedLearner, config: SentimentConfig, *, trained_on: str, minutes: float, epoch: float
) -> None:
    """Weights, the tokenizer, and how they came about."""
    folder.mkdir(parents=True, exist_ok=True)
    state = learner.state_dict()
    (folder / TOKENIZER).write_text(state["tokenizer"], encoding="utf-8")
    card = {
        "config": to_json(replace(config, device="auto")),
        "classes": state["classes"],
        "temperature": 1.0,
        "length": READ if config.network == "minilm" else config.length,
        "trained_on": trained_on,
        "epoch": round(epoch, 2),
        **store(folder, answering_weights(state), config.network),
        "parameters": sum(parameter.numel() for parameter in learner.network.parameters()),
        "minutes": round(minutes, 1),
        "machine": f"{platform.machine()}, 1 thread, PyTorch {torch.__version__}",
    }
    write_card(folder, card)


def store(folder: Path, state: Mapping[str, torch.Tensor], network: str) -> dict[str, object]:
    """Write weights: those of the encoder as a difference to it, others in half precision. Returns hash and size."""
    if network == "minilm":
        return save_tensors(folder / WEIGHTS, difference.pack(state, base=minilm.weights()))
    return save_weights(folder / WEIGHTS, state)


def write_card(folder: Path, card: Mapping[str, object]) -> None:
    """Write `model.json`."""
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n")


def measure(folder: Path, *, temperature: float | None = None) -> None:
    """Temperature on the held-out sentences; accuracy and calibration of the written file itself on each set.

    Where these were learned from at last ("learned_all" on the card), the temperature is IMDb's validation reviews'. So
    is what the sentences of a long text are multiplied by, in a model that reads all of it ("whole").
    """
    card = json.loads((folder / CARD).read_text())
    reader = read_model(ReleaseModel(folder))
    sst2, imdb = reviews.load("sst2"), reviews.load("imdb")
    unseen = imdb.validation if card.get("learned_all") else sst2.validation
    reader.temperature, reader.whole = 1.0, 0.0
    reader.temperature = card["temperature"] = temperature or fitted(reader, unseen)
    kind = "IMDb validation reviews" if unseen is imdb.validation else "held-out SST-2 training sentences"
    sets = {f"{len(unseen):,} {kind}{', cut at the length' if unseen is imdb.validation else ''}": unseen}
    sets["872 SST-2 dev sentences"] = sst2.test
    tsv = reviews.sst2_folder()
    if tsv is not None and (tsv / TREEBANK_TEST).is_file():
        sets["1,821 SST-2 test sentences"] = reviews.read_tsv(tsv / TREEBANK_TEST)
    card["figures"] = [
        figure(reader, name, part) | ({"headline": True} if part is sst2.test else {}) for name, part in sets.items()
    ]
    if "whole" in card:
        reader.whole = 1.0
        reader.whole = card["whole"] = round(1 / fitted(reader, beginning(imdb.validation, WHOLE_REVIEWS)), 2)
    name = "2,000 IMDb test reviews" + ("" if reader.whole else ", cut at the length")
    card["figures"].append(figure(reader, name, imdb.test))
    write_card(folder, card)
    print(json.dumps(card, indent=2))


def fitted(reader: TextReader, part: reviews.Part) -> float:
    """What its logits are best divided by."""
    return fit_temperature(torch.from_numpy(reader.logits(part.texts)), torch.from_numpy(part.labels))


def beginning(part: reviews.Part, count: int) -> reviews.Part:
    """The first so many."""
    return reviews.Part(part.texts[:count], part.labels[:count])


def figure(reader: TextReader, name: str, part: reviews.Part) -> dict[str, object]:
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
