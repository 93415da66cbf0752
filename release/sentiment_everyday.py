"""Go on with the encoder of Sentiment: read emoji, stars and scores, everyday texts, and what judges nothing.

    python -m release.sentiment_everyday --after FOLDER --seed 1 --out A
    python -m release.sentiment_everyday --after FOLDER --mix A B --out C       30 % of what A and B went on with, the
                                                                                 rest in equal parts of both
    python -m release.sentiment_encoder --measure --out C

Learned from are the training trees of the treebank, its short phrases that are neutral, texts of `everyday.txt`, and
sentences and passages of IMDb's training reviews, of which the model that it goes on with says how positive they are,
in the light of the review's label. Batches hold so many tokens, matrix products are in bfloat16, the weights that are
written are an exponential average.
"""

from __future__ import annotations

import argparse
import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from core.data.text import reviews
from core.demos.sentiment import minilm
from core.demos.sentiment.config import RELEASES, SentimentConfig
from core.demos.sentiment.difference import weights_of
from core.demos.sentiment.learner import make_network
from core.demos.sentiment.network import Transformer
from core.demos.sentiment.reader import TextReader, read_model
from core.demos.sentiment.signs import reading_signs
from core.demos.sentiment.tokenizer import encode_many, read_tokenizer
from core.release import ReleaseModel
from core.training import placement
from release import everyday, treebank
from release.sentiment import READ, TOKENIZER, TREEBANK_TEST, WHERE, store, write_card
from release.sentiment_encoder import passage

RATE, LAYER_DECAY, WARM_UP, WEIGHT_DECAY = 6e-5, 0.9, 0.1, 0.01
KEPT = 0.3  # of the weights before, in the mix
TOKENS = 1536  # of a batch, padding included
AVERAGING = 0.995
SHARE_OF_PHRASES, NEUTRAL_PHRASES = 0.4, 8_000
IMDB = (9_000, 4_000)  # sentences and passages
LABEL_OF_A_SENTENCE, LABEL_OF_A_PASSAGE = 0.8, 1.5  # log odds that the label of the review adds
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'])")


@dataclass(frozen=True)
class Lesson:
    """Texts and how positive each is, (N,) float32."""

    texts: list[str]
    positive: torch.Tensor
    name: str


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--after", type=Path, default=RELEASES["encoder"].folder, help="go on with this model")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--share", type=float, default=SHARE_OF_PHRASES, help="of the phrases that are no sentence")
    parser.add_argument(
        "--imdb",
        type=int,
        nargs=2,
        default=IMDB,
        metavar="COUNT",
        help="sentences and passages, each of another review",
    )
    parser.add_argument("--mix", type=Path, nargs="+", metavar="FOLDER", help="train nothing")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.mix:
        mix(options.out, options.mix, before=ReleaseModel(options.after))
        return
    placement.apply(WHERE)
    before = read_model(ReleaseModel(options.after))
    lesson = to_learn(before, share=options.share, imdb=options.imdb, seed=options.seed)
    train(options.out, lesson, before=ReleaseModel(options.after), rate=options.rate, seed=options.seed)


def to_learn(before: TextReader, *, share: float, imdb: Sequence[int], seed: int) -> Lesson:
    """Everything that is learned from in one pass."""
    random = np.random.RandomState(seed)
    phrases, of_phrases = _treebank(random, share=share)
    made, of_made, _ = everyday.texts(everyday.read(), seed=seed, held_out=False)
    said, of_said = _imdb(before, imdb, random)
    return Lesson(
        [*phrases, *made, *said],
        torch.tensor([*of_phrases, *of_made, *of_said], dtype=torch.float32),
        f"{len(phrases):,} phrases of the treebank, {len(made):,} texts of templates and {len(said):,} sentences and "
        "passages of IMDb's training reviews",
    )


def _treebank(random: np.random.RandomState, *, share: float) -> tuple[list[str], list[float]]:
    """All sentences, a share of their phrases, and short neutral phrases; without SST-2's dev and test sentences."""
    folder = reviews.sst2_folder()
    assert folder is not None
    away = {*reviews.load("sst2").test.texts, *reviews.read_tsv(folder / TREEBANK_TEST).texts}
    trees = folder.parent / "trees" / "train.txt"
    lines = trees.read_text(encoding="utf-8").splitlines()
    whole = {list(treebank.phrases(line))[-1][0] for line in lines}
    phrases, positive = treebank.read(trees, without=away)
    chosen = [i for i, phrase in enumerate(phrases) if phrase in whole or random.rand() < share]
    neutral: dict[str, set[int]] = {}
    for line in lines:
        for phrase, number in treebank.phrases(line):
            if phrase.count(" ") < treebank.FEWEST_WORDS - 1:
                neutral.setdefault(phrase, set()).add(number)
    short = [phrase for phrase, numbers in neutral.items() if numbers == {2}]
    picked = random.permutation(len(short))[:NEUTRAL_PHRASES]
    return (
        [*(phrases[i] for i in chosen), *(short[i] for i in picked)],
        [*(float(positive[i]) for i in chosen), *([0.5] * len(picked))],
    )


def _imdb(before: TextReader, counts: Sequence[int], random: np.random.RandomState) -> tuple[list[str], list[float]]:
    """Sentences and passages, each of another review: what the model says, in the light of the review's label."""
    part = reviews.load("imdb").train
    chosen = random.permutation(len(part))[: sum(counts)]
    texts, labels = [], []
    for place, index in enumerate(chosen):
        review = part.texts[index].replace("<br />", " ")
        if place < counts[0]:
            sentences = [one for one in SENTENCE.split(review) if 3 <= one.count(" ") < 60] or [passage(review, random)]
            texts.append(sentences[random.randint(len(sentences))])
        else:
            texts.append(passage(review, random))
        labels.append((LABEL_OF_A_SENTENCE if place < counts[0] else LABEL_OF_A_PASSAGE) * (2 * part.labels[index] - 1))
    logits = before.logits(texts)
    odds = logits[:, 1] - logits[:, 0] + np.array(labels, np.float32)
    return texts, np.clip(1 / (1 + np.exp(-odds)), 0.03, 0.97).tolist()


def batches(lengths: Sequence[int], random: np.random.RandomState) -> list[np.ndarray]:
    """Indices of texts of about the same length, so many that a batch holds `TOKENS`, in random order."""
    order = np.array(sorted(random.permutation(len(lengths)), key=lambda i: lengths[i]))
    found, start = [], 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end + 1 - start) * lengths[order[end]] <= TOKENS:
            end += 1
        found.append(order[start:end])
        start = end
    return [found[i] for i in random.permutation(len(found))]


def train(folder: Path, lesson: Lesson, *, before: ReleaseModel, rate: float, seed: int) -> None:
    """One pass, one cycle of the learning rate; writes the averaged weights at the end, and every five minutes."""
    torch.manual_seed(seed)
    random = np.random.RandomState(seed)
    config = before.config(SentimentConfig)
    network = make_network(config, num_classes=2)
    assert isinstance(network, Transformer)
    network.load_state_dict(weights_of(before))
    tokenizer = reading_signs(minilm.tokenizer())
    ids = torch.from_numpy(encode_many(tokenizer, lesson.texts, length=READ))
    lengths = (ids != 0).sum(1).tolist()
    plan = batches(lengths, random)
    average = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.AdamW(groups(network, rate), lr=rate, weight_decay=WEIGHT_DECAY, fused=True)
    rates = [group["lr"] for group in optimizer.param_groups]
    start = saved = time.time()
    changed = {"learning_rate": rate, "averaging": AVERAGING, "epochs": 1, "seed": seed}
    card = dict(before.card) | {
        "trained_on": lesson.name,
        "tokens_of_a_batch": TOKENS,
        "config": before.card["config"] | changed,
    }
    tokens, running = 0, 0.0
    network.train()
    for step, batch in enumerate(plan):
        for group, top in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = top * cycle((step + 1) / len(plan))
        longest = max(lengths[i] for i in batch)
        with torch.autocast("cpu", dtype=torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
            logits = network(ids[batch, :longest])
        loss = treebank.loss(logits.float(), lesson.positive[batch])
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        decay = min(AVERAGING, (step + 1) / (step + 10))
        with torch.no_grad():
            for name, value in network.state_dict().items():
                average[name].lerp_(value, 1 - decay)
        tokens += sum(lengths[i] for i in batch)
        running = 0.98 * running + 0.02 * loss.item()
        if step % 25 == 24:
            pace = tokens / (time.time() - start)
            print(
                f"{step + 1} of {len(plan)}  loss {running / (1 - 0.98 ** (step + 1)):.4f}  {pace:.0f} tokens/s",
                flush=True,
            )
        if time.time() - saved > 300 or step == len(plan) - 1:
            saved = time.time()
            write(folder, average, card, tokenizer.to_str(), before=before, minutes=(saved - start) / 60)


def cycle(place: float) -> float:
    """Warm up, then down to zero along half a cosine."""
    return place / WARM_UP if place < WARM_UP else 0.5 + 0.5 * math.cos(math.pi * (place - WARM_UP) / (1 - WARM_UP))


def groups(network: Transformer, rate: float) -> list[dict[str, Any]]:
    """Parameters by their height: each layer learns slower than the one above it."""
    heights: dict[int, list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        height = 1 + int(name.split(".")[1]) if name.startswith("layers.") else 7 if name.startswith("head.") else 0
        parameter.requires_grad_(True)
        heights.setdefault(height, []).append(parameter)
    return [{"params": group, "lr": rate * LAYER_DECAY ** (7 - height)} for height, group in sorted(heights.items())]


def mix(folder: Path, trained: Sequence[Path], *, before: ReleaseModel) -> None:
    """The mean of the weights of several models that went on with one, and of that one (Wortsman et al. 2022)."""
    share = (1 - KEPT) / len(trained)
    weights = {name: KEPT * value for name, value in weights_of(before).items()}
    for place in trained:
        weights = {name: weights[name] + share * value for name, value in weights_of(ReleaseModel(place)).items()}
    cards = [ReleaseModel(place).card for place in trained]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TOKENIZER).write_text(reading_signs(minilm.tokenizer()).to_str(), encoding="utf-8")
    told = ("sha256", "trained_on", "minutes", "after", "mean_with", "figures")
    card = {
        **{name: value for name, value in cards[0].items() if name not in ("mean_with", "figures", "after")},
        "minutes": round(sum(one["minutes"] for one in cards), 1),
        "mixed": [
            {"share": share, "seed": one["config"]["seed"], "trained_on": one["trained_on"], "minutes": one["minutes"]}
            for one in cards
        ],
        "after": {"share": KEPT} | {name: before.card[name] for name in told if name in before.card},
    }
    write_card(folder, card | store(folder, weights, "minilm"))


def write(
    folder: Path,
    weights: dict[str, torch.Tensor],
    card: dict[str, Any],
    tokenizer: str,
    *,
    before: ReleaseModel,
    minutes: float,
) -> None:
    """Weights, tokenizer and card."""
    folder.mkdir(parents=True, exist_ok=True)
    read_tokenizer(tokenizer)
    (folder / TOKENIZER).write_text(tokenizer, encoding="utf-8")
    origin = {name: before.card[name] for name in ("sha256", "trained_on")}
    write_card(folder, card | store(folder, weights, "minilm") | {"minutes": round(minutes, 1), "after": origin})


if __name__ == "__main__":
    main()
