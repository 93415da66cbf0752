"""Train the release model of the Voice demo on, for real rooms and against words that are no commands.

    python -m release.voice_rooms --data FOLDER --work FOLDER [--epochs 30] [--rate 0.0025] [--out FOLDER]

Begins with the weights that are in `weights/voice` (or in `--start`), which `release/voice.py` trained, gives the
recurrent layer its width of today without changing what the network answers, and trains on: the same clips, noise of
many kinds (`release/noises.py`), near-words (`release/near_words.py`), and neighbours that were spoken just before or
after. After each epoch the state is kept in `--work`; a second call goes on from it. The test set is not read.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from core.contract import Placement, Split
from core.data.sound.speech import CORE_WORDS
from core.demos.voice.augmentation import NUM_CHANCES, Amount, augment
from core.demos.voice.config import RELEASE
from core.demos.voice.learner import make_learner
from core.release import ReleaseModel
from core.training import placement
from core.training.supervised import SupervisedLearner, schedule_factor
from release import near_words, noises, voice
from release import voice_data as packed

Arrays = dict[str, np.ndarray]

AMOUNT = Amount(shift=100, speed=0.12, gain=10, noise=0.7, masks=True)
LAST, CLEARER = 0.3, replace(AMOUNT, noise=0.5)  # the last part of the training, with less noise
NEIGHBOURS = 0.15  # share of the clips with another word just before or after
NEAREST, FARTHEST = 55, 90  # frames from one word to its neighbour
KEPT = 0.2  # share of the weights it began with, in those that answer
WARM_UP = 0.1

EACH_WORD, EACH_COMMAND = 16, 300  # spoken by eSpeak
NUM_JOINED, NUM_NEIGHBOURS, NUM_NOISES, NUM_CROWDS = 9_000, 5_000, 4_000, 1_000
SENTENCES, IN_A_ROW = 1_500, 2_400  # seconds of running speech: sentences by eSpeak, clips of people
EPOCH = {  # clips of each pool in an epoch; a pool that has fewer is taken whole
    "words": 31_000,  # pictures of the ten
    "words as sound": 2_500,
    "words by eSpeak": 2_000,
    "other words": 6_000,
    "near words": 1_600,
    "running": 2_000,
    "joined": 2_000,
    "neighbours": 600,
    "recorded noise": 1_500,
    "made noise": 2_500,
}


@dataclass(frozen=True)
class Pools:
    """Clips by where they come from, and noise to mix in."""

    features: Mapping[str, torch.Tensor]  # (N, 98, 40) float16 log-mel
    labels: Mapping[str, torch.Tensor]  # (N,) int64
    noise: torch.Tensor  # (N, 98, 40) float32 log-mel

    def epoch(self, number: int, size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Batches (B, 98, 40) float32 with labels of an epoch, which is always the same."""
        random = torch.Generator().manual_seed(77_000 + number)
        chosen = [
            (name, torch.randperm(len(self.labels[name]), generator=random)[:count]) for name, count in EPOCH.items()
        ]
        pool = torch.cat([torch.full((len(index),), place) for place, (_, index) in enumerate(chosen)])
        within = torch.cat([index for _, index in chosen])
        for batch in torch.randperm(len(pool), generator=random).split(size)[:-1]:
            features, labels = torch.empty(len(batch), 98, packed.NUM_MELS), torch.empty(len(batch), dtype=torch.long)
            for place, (name, _) in enumerate(chosen):
                here = pool[batch] == place
                features[here] = self.features[name][within[batch[here]]].float()
                labels[here] = self.labels[name][within[batch[here]]]
            yield features, labels


def prepared(folder: Path, work: Path) -> Arrays:
    """What is made for this training, once, and kept in `work`."""
    kept = work / "rooms.npz"
    if not kept.exists():
        np.savez(kept, **_made(folder, voice.prepared(folder, work)))
    with np.load(kept) as arrays:
        return dict(arrays)


def _made(folder: Path, base: Arrays) -> Arrays:
    sounds = folder / "speech_commands_opus"
    rows = [row for row in packed.rows(sounds) if row["official_split"] == "training"]
    clips = packed.sounds(sounds, rows, suffix="opus")
    labels = packed.labels_of(rows, voice.CLASSES)
    others = clips[labels == voice.UNKNOWN]
    near, _ = near_words.spoken(near_words.WORDS, EACH_WORD, split="train", seed=11)
    commands, said = near_words.spoken(CORE_WORDS, EACH_COMMAND, split="train", seed=12)
    names = np.array([*voice.CLASSES])[base["y"]]
    speech = base["y"] != voice.SILENCE
    sentences = near_words.running(SENTENCES, split="train", seed=13).reshape(-1)
    row = near_words.in_a_row(others, IN_A_ROW, seed=18)
    running = [*near_words.pieces(sentences, seed=19), *near_words.pieces(row, seed=20)]
    return {
        "sound": packed.features_of(clips),
        "sound_labels": labels,
        "near": packed.features_of(near),
        "commands": packed.features_of(commands),
        "commands_labels": np.array([voice.CLASSES.index(word) for word in said]),
        "running": packed.features_of(near_words.as_found(running)),
        "joined": near_words.joined(base["X"][speech], names[speech], CORE_WORDS, NUM_JOINED, seed=14),
        "neighbours": near_words.neighbours(base["X"][base["y"] == voice.UNKNOWN], NUM_NEIGHBOURS, seed=15),
        "noise": packed.features_of(noises.without_voices(NUM_NOISES, seed=16)),
        "crowds": packed.features_of(noises.voices(others, NUM_CROWDS, seed=17)),
    }


def pools(base: Arrays, made: Arrays) -> Pools:
    """All clips by where they come from."""
    pictures, y = torch.from_numpy(base["X"]), torch.from_numpy(base["y"])
    sound, heard = torch.from_numpy(made["sound"]), torch.from_numpy(made["sound_labels"])
    special = {"unknown": voice.UNKNOWN, "silence": voice.SILENCE}

    def all_of(name: str, kind: str) -> tuple[torch.Tensor, torch.Tensor]:
        features = torch.from_numpy(made[name])
        return features, torch.full((len(features),), special[kind])

    found = {
        "words": (pictures[y < voice.UNKNOWN], y[y < voice.UNKNOWN]),
        "words as sound": (sound[heard < voice.UNKNOWN], heard[heard < voice.UNKNOWN]),
        "words by eSpeak": (torch.from_numpy(made["commands"]), torch.from_numpy(made["commands_labels"])),
        "other words": (
            torch.cat([pictures[y == voice.UNKNOWN], sound[heard == voice.UNKNOWN]]),
            torch.full((int((y == voice.UNKNOWN).sum() + (heard == voice.UNKNOWN).sum()),), voice.UNKNOWN),
        ),
        "near words": all_of("near", "unknown"),
        "running": all_of("running", "unknown"),
        "joined": all_of("joined", "unknown"),
        "neighbours": all_of("neighbours", "unknown"),
        "recorded noise": (pictures[y == voice.SILENCE], y[y == voice.SILENCE]),
        "made noise": all_of("noise", "silence"),
    }
    noise = torch.cat([pictures[y == voice.SILENCE], torch.from_numpy(made["noise"]), torch.from_numpy(made["crowds"])])
    return Pools(
        {name: features for name, (features, _) in found.items()},
        {name: labels for name, (_, labels) in found.items()},
        noise.float(),
    )


def with_neighbours(features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Some clips with another one of the batch just before or after them; powers add up."""
    count, frames, _ = features.shape
    other = torch.randperm(count)
    moved = torch.randint(NEAREST, FARTHEST, (count,)) * (2 * torch.randint(2, (count,)) - 1)
    source = torch.arange(frames)[None] - moved[:, None]  # (B, frames)
    there = (source >= 0) & (source < frames)
    on = (torch.rand(count) < NEIGHBOURS) & (labels != voice.SILENCE) & (labels[other] != voice.SILENCE)
    near = features[other[:, None], source.clamp(0, frames - 1)]
    near = torch.where((there & on[:, None])[:, :, None], near, torch.tensor(-torch.inf))
    return torch.logaddexp(features, near)


def widened(weights: Mapping[str, torch.Tensor], network: nn.Module) -> dict[str, torch.Tensor]:
    """Weights of a narrower recurrent layer in a wider one that answers the same: what is new is not listened to.

    Source: function-preserving growth (Chen, Goodfellow and Shlens 2016, Net2Net).
    """
    fresh = network.state_dict()
    old, new = weights["recurrent.weight_hh_l0"].shape[1], fresh["recurrent.weight_hh_l0"].shape[1]
    if old == new:
        return dict(weights)
    grown = {name: value.clone() for name, value in weights.items()}
    for end in ("", "_reverse"):
        for part in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
            name = f"recurrent.{part}{end}"
            value = fresh[name].clone()
            for gate in range(3):
                rows = slice(gate * new, gate * new + old)
                known = weights[name][gate * old : (gate + 1) * old]
                if part == "weight_hh_l0":
                    value[rows] = 0.0
                    value[rows, :old] = known
                else:
                    value[rows] = known
            grown[name] = value
    for name in ("attention.weight", "head.weight"):
        known = weights[name].reshape(len(weights[name]), -1, 2, old)  # (answers, heads, directions, states)
        value = torch.zeros(*known.shape[:3], new)
        value[..., :old] = known
        grown[name] = value.flatten(1)
    return grown


def mixed(before: Mapping[str, torch.Tensor], after: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A share of the weights that a training began with, and the rest of those that it ended with.

    Source: robust fine-tuning by averaging in weight space (Wortsman et al. 2022, WiSE-FT).
    """
    return {
        name: KEPT * before[name] + (1 - KEPT) * value if value.is_floating_point() else value
        for name, value in after.items()
    }


def train(
    learner: SupervisedLearner, clips: Pools, validation: Mapping[str, Split], *, epochs: int, size: int, work: Path
) -> float:
    """Train from the kept state on; returns seconds of processor time of the whole training."""
    kept = work / "rooms_state"
    done, spent = 0, 0.0
    if (kept / "state.safetensors").exists():
        state = voice.read_state(kept)
        learner.load_state_dict(state["learner"])
        done, spent = state["done"], state["seconds"]
    start = time.process_time() - spent
    steps = sum(min(count, len(clips.labels[name])) for name, count in EPOCH.items()) // size
    for epoch in range(done, epochs):
        torch.manual_seed(1_000 + epoch)
        losses = []
        for step, (features, labels) in enumerate(clips.epoch(epoch, size)):
            fraction = (epoch * steps + step) / (epochs * steps)
            losses.append(_step(learner, clips, features, labels, fraction))
        figures = {name: round(learner.evaluate(split)["accuracy"], 2) for name, split in validation.items()}
        seconds = time.process_time() - start
        voice.write_state(kept, {"learner": learner.state_dict(), "done": epoch + 1, "seconds": seconds})
        loss = float(torch.stack(losses).mean())
        print(f"epoch {epoch + 1}  loss {loss:.4f}  {json.dumps(figures)}  {seconds:.0f} s", flush=True)
    return time.process_time() - start


def _step(
    learner: SupervisedLearner, clips: Pools, features: torch.Tensor, labels: torch.Tensor, fraction: float
) -> torch.Tensor:
    for group, rate in zip(learner.optimizer.param_groups, learner.base_rates, strict=True):
        group["lr"] = rate * schedule_factor("one_cycle", fraction, warm_up=WARM_UP)
    learner.network.train()
    learner.optimizer.zero_grad(set_to_none=True)
    chance = torch.rand(len(features), NUM_CHANCES)
    amount = CLEARER if fraction > 1 - LAST else AMOUNT
    changed = augment(with_neighbours(features, labels), chance, amount, clips.noise)
    _, loss = learner._backward(changed, labels)
    learner.optimizer.step()
    assert learner.average is not None
    learner.average.update_parameters(learner.network)
    return loss


def validation_of(base: Arrays) -> dict[str, Split]:
    """Pictures and sound of validation speakers, and near-words that are never trained on, by other voices."""
    near, _ = near_words.spoken(near_words.HELD_OUT, 6, split="validation", seed=21)
    unseen = torch.from_numpy(packed.features_of(near))

    def split(features: np.ndarray, labels: np.ndarray, name: str) -> Split:
        return Split(torch.from_numpy(features), torch.from_numpy(labels), name)

    return {
        "pictures": split(base["fv"], base["yv"], "pictures"),
        "sound": split(base["fvo"], base["yvo"], "sound"),
        "near words": Split(unseen, torch.full((len(unseen),), voice.UNKNOWN), "near words"),
    }


def main() -> None:
    """Train on and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--start", type=Path, default=RELEASE.folder)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RELEASE.folder)
    options = parser.parse_args()
    where = Placement(device=placement.device_for("auto"), threads=1, channels_last=True, precision="bfloat16")
    placement.apply(where)
    before = ReleaseModel(options.start)
    base = voice.prepared(options.data, options.work)
    clips = pools(base, prepared(options.data, options.work))
    config = replace(voice.release_training(epochs=1, seed=options.seed), learning_rate=options.rate)
    learner = make_learner(config, where, noises=clips.noise)
    learner.average_warms_up = False
    weights = widened({name: value.float() for name, value in before.weights().items()}, learner.network)
    learner.network.load_state_dict(weights)
    assert learner.average is not None
    learner.average.module.load_state_dict(weights)
    validation = validation_of(base)
    seconds = train(learner, clips, validation, epochs=options.epochs, size=config.batch_size, work=options.work)
    answering = learner.average.module
    answering.load_state_dict(mixed(weights, answering.state_dict()))
    phases = (*before.card["phases"], options.epochs)
    minutes = before.card["minutes"] + seconds / 60
    recipe = voice.release_training(epochs=phases[0], seed=options.seed)
    data = voice.dataset(base, seed=options.seed)
    voice.write(options.out, learner, recipe, data, phases=phases, minutes=minutes, where=where)


if __name__ == "__main__":
    main()
