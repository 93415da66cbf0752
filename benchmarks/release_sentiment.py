"""Train a release model of the Sentiment demo and write `weights/sentiment/` or `weights/sentiment-encoder/`.

    python -m benchmarks.release_sentiment [--epochs 5] [--seed 0]             the small model, from scratch
    python -m benchmarks.release_sentiment --distil [--taught FILE.npz]        the same, from the encoder's answers
    python -m benchmarks.release_sentiment --network encoder [--epochs 4]      MiniLM, fine-tuned
    python -m benchmarks.release_sentiment --network encoder --finish          one epoch more, with passages of IMDb
    python -m benchmarks.release_sentiment --network encoder --pack FOLDER     the same from weights in half precision
    python -m benchmarks.release_sentiment [--network encoder] --measure       the files that are there

Needs SST-2 in the data folder (see docs/settings.md): `train.tsv` and `dev.tsv`, and for one figure
`test_labels_from_trees.tsv`. One thousand whole sentences are taken out of the training phrases, with every phrase of
theirs; on them the weights and the temperature are chosen. The dev set and the test set are only reported on.
"""

import argparse
import hashlib
import json
import platform
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from benchmarks import distillation
from core import demos
from core.contract import Dataset, Evaluated, Placement, Split
from core.data import text
from core.demos.sentiment import difference, minilm
from core.demos.sentiment.calibration import calibration, fit_temperature
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import tokenizer_of
from core.demos.sentiment.reader import TextReader, read_model
from core.demos.sentiment.release import FOLDERS, release_weights
from core.demos.sentiment.tokenizer import encode_many
from core.knobs import to_json
from core.training import engine, placement
from core.training.supervised import SupervisedLearner, answering_weights

TREEBANK_TEST = "test_labels_from_trees.tsv"
WEIGHTS, CARD, TOKENIZER = "model.safetensors", "model.json", "tokenizer.json"
EPOCHS = {"small": 5, "encoder": 4}
READ = 128  # pieces that the encoder reads, more than it is trained with: whole reviews, of which it then makes more
WHERE = Placement(threads=1)
ENCODER: dict[str, Any] = {
    "network": "minilm",
    "tuning": "whole",
    "embeddings": True,
    "learning_rate": 1e-4,
    "layer_decay": 0.9,
    "batch_size": 32,
    "label_smoothing": 0.05,
    "dropout": 0.1,
    "word_dropout": 0.0,
    "weight_decay": 0.01,
    "length": 64,
}  # beside what all have in common
DISTILLED: dict[str, Any] = {"label_smoothing": 0.0, "dropout": 0.1}
FINISH: dict[str, Any] = {"learning_rate": 5e-5, "epochs": 1, "seed": 1}  # beside what it was trained with
PASSAGE_WORDS, PASSAGE_SEED = 40, 2
IMDB_SENTENCES = 60_000  # that the encoder answers for the small model to learn from


def release_training(name: str, *, epochs: int, seed: int) -> SentimentConfig:
    """The config of a release model: "small", "distilled" (small, too) or "encoder"."""
    values = {"small": {}, "distilled": DISTILLED, "encoder": ENCODER}[name]
    return SentimentConfig(epochs=epochs, seed=seed, data="sst2", averaging=0.999, device="cpu", **values)


def main() -> None:
    """Train, report and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=EPOCHS, default="small")
    parser.add_argument("--epochs", type=int, help=f"default: {EPOCHS}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--distil", action="store_true", help="let the small model learn from the encoder's answers")
    parser.add_argument("--taught", type=Path, metavar="FILE", help="keep these answers here, or take them from here")
    parser.add_argument("--sentences", type=int, default=IMDB_SENTENCES, help="of IMDb, unlabelled, for --distil")
    parser.add_argument("--finish", action="store_true", help="go on with the encoder that is there")
    parser.add_argument("--pack", type=Path, metavar="FOLDER", help="train nothing, take these weights of the encoder")
    parser.add_argument("--measure", action="store_true", help="only measure the weights that are there")
    parser.add_argument("--out", type=Path, help="default: the folder of the release model")
    options = parser.parse_args()
    out = options.out or FOLDERS[options.network]
    if options.pack:
        pack(options.pack, out)
    elif options.finish:
        finish(FOLDERS["encoder"], out)
    elif not options.measure:
        placement.apply(WHERE)
        name = "distilled" if options.distil else options.network
        config = release_training(name, epochs=options.epochs or EPOCHS[options.network], seed=options.seed)
        dataset, learner = _taught(config, options) if options.distil else _plain(config)
        train(out, config, dataset, learner)
    measure(out)


def _plain(config: SentimentConfig) -> tuple[Dataset, SupervisedLearner]:
    task = demos.task("sentiment")
    learner = task.learner(config, WHERE)
    assert isinstance(learner, SupervisedLearner)
    return task.load(config), learner


def finish(source: Path, folder: Path) -> None:
    """Go on with the encoder of a folder: SST-2, and a passage of each of IMDb's training reviews with its label."""
    placement.apply(WHERE)
    config = replace(release_training("encoder", epochs=1, seed=0), **FINISH)
    dataset, learner = _plain(config)
    learner.network.load_state_dict(release_weights(source))
    before = json.loads((source / CARD).read_text())
    train(folder, config, _with_passages(dataset, config), learner)
    card = json.loads((folder / CARD).read_text())
    minutes = {"minutes": round(before["minutes"] + card["minutes"], 1)}
    write_card(folder, card | minutes | {"config": before["config"], "finish": FINISH | {"after": before["epoch"]}})


def _with_passages(dataset: Dataset, config: SentimentConfig) -> Dataset:
    reviews = text.load("imdb").train
    random = np.random.RandomState(PASSAGE_SEED)
    passages = [passage(review, random) for review in reviews.texts]
    ids = torch.from_numpy(encode_many(tokenizer_of(config), passages, length=config.length))
    train = Split(
        inputs=torch.cat([dataset.train.inputs, ids]),
        targets=torch.cat([dataset.train.targets, torch.from_numpy(reviews.labels.copy())]),
        name=f"{dataset.train.name} and passages of {len(reviews):,} IMDb training reviews",
    )
    return replace(dataset, train=train)


def passage(review: str, random: np.random.RandomState) -> str:
    """At most 40 words in a row of a review, from anywhere."""
    words = review.replace("<br />", " ").split()
    start = random.randint(0, max(1, len(words) - PASSAGE_WORDS + 1))
    return " ".join(words[start : start + PASSAGE_WORDS])


def _taught(config: SentimentConfig, options: argparse.Namespace) -> tuple[Dataset, SupervisedLearner]:
    texts = distillation.texts_to_learn(most=options.sentences)
    taught = distillation.margins(read_model(FOLDERS["encoder"]), texts, kept=options.taught)
    dataset = demos.task("sentiment").load(config)
    return distillation.lesson(dataset, config, texts, taught), distillation.Student(config, WHERE)


def train(folder: Path, config: SentimentConfig, dataset: Dataset, learner: SupervisedLearner) -> None:
    """Train and write the weights that were best on the held-out sentences."""
    task = demos.task("sentiment")
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


def store(folder: Path, weights: Mapping[str, torch.Tensor], network: str) -> dict[str, object]:
    """Write weights: those of the encoder as a difference to it, others in half precision. Returns hash and size."""
    if network == "minilm":
        stored = difference.pack(weights, base=minilm.weights())
    else:
        stored = {name: value.half().contiguous() for name, value in weights.items()}
    file = folder / WEIGHTS
    save_file(stored, file)
    return {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "bytes": file.stat().st_size}


def pack(source: Path, folder: Path) -> None:
    """The model of a folder, its weights stored whole, as a difference to the encoder in another folder."""
    folder.mkdir(parents=True, exist_ok=True)
    card = json.loads((source / CARD).read_text())
    assert card["config"]["network"] == "minilm", f"{source} holds no fine-tuned encoder"
    shutil.copyfile(source / TOKENIZER, folder / TOKENIZER)
    write_card(folder, card | {"length": READ} | store(folder, load_file(source / WEIGHTS), "minilm"))


def write_card(folder: Path, card: Mapping[str, object]) -> None:
    """Write `model.json`."""
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n")


def measure(folder: Path) -> None:
    """Temperature on the held-out sentences; accuracy and calibration of the written file itself on each set."""
    card = json.loads((folder / CARD).read_text())
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
    write_card(folder, card)
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
