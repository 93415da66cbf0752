"""Fine-tune MiniLM for the Sentiment demo and write `weights/sentiment-encoder/`.

    python -m release.sentiment_encoder --seed 3                           MiniLM, fine-tuned
    python -m release.sentiment_encoder --after FOLDER --seed 3 ...        goes on with a fine-tuned model
    python -m release.sentiment_encoder --after FOLDER --half 0 ...        the same with half of the phrases, and with
                                                                            those that were held out
    python -m release.sentiment_encoder --mean FOLDER FOLDER               the mean of the weights of two
    python -m release.sentiment_encoder --measure                          the files that are there

Needs what `sentiment.py` needs, and the treebank's `train.txt` in a folder `trees` beside SST-2's. The lines
that made the weights that ship are on their card.
"""

import argparse
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core import demos
from core.contract import Split
from core.data.text import reviews
from core.demos.sentiment.config import RELEASES, SentimentConfig
from core.demos.sentiment.difference import weights_of
from core.demos.sentiment.learner import tokenizer_of
from core.demos.sentiment.tokenizer import encode_many
from core.release import ReleaseModel
from core.training import placement
from core.training.supervised import SupervisedLearner
from release import sentiment, treebank
from release.sentiment import CARD, TOKENIZER, TREEBANK_TEST, WHERE, measure, store, write_card

EPOCHS = 2
FIRST_RATE, NEXT_RATE = 1e-4, 5e-5  # learning rates of MiniLM, and of what is fine-tuned already
SETTINGS: dict[str, Any] = {
    "network": "minilm",
    "tuning": "whole",
    "embeddings": True,
    "layer_decay": 0.9,
    "batch_size": 32,
    "label_smoothing": 0.0,
    "dropout": 0.1,
    "word_dropout": 0.0,
    "weight_decay": 0.01,
    "length": 64,
    "averaging": 0.999,
}
PASSAGES, PASSAGE_WORDS = 10_000, 40
SURE_OF_A_PASSAGE = 0.9  # taken as the probability that a passage of a positive review is positive
HALVES_SEED = 13


@dataclass(frozen=True)
class Lesson:
    """What is learned from: which passages, and which phrases.

    Args:
        passages: seed that they are drawn with.
        half: 0 or 1: this half of the phrases, half as many passages, and all phrases of the sentences that are held
            out otherwise. None: all but these.
    """

    passages: int
    half: int | None


def main() -> None:
    """Train, report and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--after", type=Path, metavar="FOLDER", help="go on with the model of this folder")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--passages", type=int, default=11, metavar="SEED", help="seed of the passages")
    parser.add_argument("--half", type=int, choices=(0, 1), help="this half of the phrases, and what was held out")
    parser.add_argument("--mean", type=Path, nargs=2, metavar="FOLDER", help="train nothing")
    parser.add_argument("--measure", action="store_true", help="train nothing, measure the weights that are there")
    parser.add_argument("--temperature", type=float, help="take this one in place of one that is found")
    parser.add_argument(
        "--out", type=Path, default=RELEASES["encoder"].folder, help="default: the folder of the release model"
    )
    options = parser.parse_args()
    if options.mean:
        mean(options.mean[0], options.mean[1], options.out)
    elif not options.measure:
        lesson = Lesson(passages=options.passages, half=options.half)
        train(options.out, lesson, after=options.after, epochs=options.epochs, seed=options.seed)
    measure(options.out, temperature=options.temperature)


def train(folder: Path, lesson: Lesson, *, after: Path | None, epochs: int, seed: int) -> None:
    """Train, and write the weights that were best on the held-out sentences; the last ones where these are learned."""
    placement.apply(WHERE)
    rate = FIRST_RATE if after is None else NEXT_RATE
    config = SentimentConfig(epochs=epochs, seed=seed, data="sst2", device="cpu", learning_rate=rate, **SETTINGS)
    task = demos.training("sentiment")
    learner = task.learner(config, WHERE)
    assert isinstance(learner, SupervisedLearner)
    learner.loss = treebank.loss
    if after is not None:
        learner.network.load_state_dict(weights_of(ReleaseModel(after)))
    dataset = replace(task.load(config), train=to_learn(lesson, config))
    sentiment.train(folder, config, dataset, learner, best=lesson.half is None)
    if after is not None:
        before, card = (json.loads((place / CARD).read_text()) for place in (after, folder))
        write_card(folder, card | {"learned_all": lesson.half is not None, "after": _origin(before)})


def to_learn(lesson: Lesson, config: SentimentConfig) -> Split:
    """Phrases of the treebank and passages of IMDb's training reviews, with the probability that each is positive."""
    sst2, folder = reviews.load("sst2"), reviews.sst2_folder()
    assert folder is not None
    measured = {*sst2.test.texts, *reviews.read_tsv(folder / TREEBANK_TEST).texts}
    held_out = set(sst2.validation.texts).union(*map(reviews.spans, sst2.validation.texts))
    away = measured if lesson.half is not None else measured | held_out
    phrases, positive = treebank.read(folder.parent / "trees" / "train.txt", without=away)
    kept = list(range(len(phrases)))
    if lesson.half is not None:
        half = set(np.random.RandomState(HALVES_SEED).permutation(len(phrases))[lesson.half :: 2].tolist())
        kept = [index for index, phrase in enumerate(phrases) if phrase in held_out or index in half]
    passages, of_passages = _passages(PASSAGES if lesson.half is None else PASSAGES // 2, seed=lesson.passages)
    ids = encode_many(tokenizer_of(config), [*(phrases[index] for index in kept), *passages], length=config.length)
    return Split(
        inputs=torch.from_numpy(ids),
        targets=torch.cat([positive[kept], of_passages]),
        name=f"{len(kept):,} phrases of the treebank and passages of {len(passages):,} IMDb training reviews",
    )


def _passages(count: int, *, seed: int) -> tuple[list[str], torch.Tensor]:
    """A passage of each of so many of IMDb's training reviews, and (N,) float32: how probably it is positive."""
    part, random = reviews.load("imdb").train, np.random.RandomState(seed)
    chosen = random.permutation(len(part))[:count]
    positive = torch.tensor([1 - SURE_OF_A_PASSAGE, SURE_OF_A_PASSAGE])[torch.from_numpy(part.labels[chosen])]
    return [passage(part.texts[index], random) for index in chosen], positive


def passage(review: str, random: np.random.RandomState) -> str:
    """At most 40 words in a row of a review, from anywhere."""
    words = review.replace("<br />", " ").split()
    start = random.randint(0, max(1, len(words) - PASSAGE_WORDS + 1))
    return " ".join(words[start : start + PASSAGE_WORDS])


def mean(first: Path, second: Path, folder: Path) -> None:
    """The mean of the weights of two fine-tuned models, with the card of the first."""
    weights, others = weights_of(ReleaseModel(first)), weights_of(ReleaseModel(second))
    card, other = (json.loads((source / CARD).read_text()) for source in (first, second))
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(first / TOKENIZER, folder / TOKENIZER)
    stored = store(folder, {name: (value + others[name]) / 2 for name, value in weights.items()}, "minilm")
    minutes = {"minutes": round(card["minutes"] + other["minutes"], 1)}
    write_card(folder, card | stored | minutes | {"mean_with": _origin(other)})


def _origin(card: dict[str, Any]) -> dict[str, Any]:
    """How a model came about, less what is the same for all."""
    differing = {name: card["config"][name] for name in ("learning_rate", "epochs", "seed")}
    kept = {name: card[name] for name in ("trained_on", "epoch", "minutes", "after", "mean_with") if name in card}
    return differing | kept


if __name__ == "__main__":
    main()
