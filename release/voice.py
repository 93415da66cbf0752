"""Train the release model of the Voice demo and write `weights/voice/`.

    python -m release.voice --data FOLDER --work FOLDER [--phases 10 12] [--seed 0]
    python -m release.voice --data FOLDER --work FOLDER --measure

FOLDER of `--data` holds the packed speech that `release/voice_data.py` describes. `--work` keeps features
and the last state of the training, so that a second call goes on where the first one was stopped. The official test set
is read only by `--measure`; nothing is chosen by it.
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
from safetensors.torch import load_file, save_file

from core import demos
from core.contract import Checkpointed, Dataset, Evaluated, Placement, Split
from core.demos.voice.config import PRESETS, RELEASE, VoiceConfig, classes_of
from core.demos.voice.learner import make_learner
from core.demos.voice.network import VoiceNetwork
from core.knobs import to_json
from core.runs.encoding import flatten, unflatten
from core.training import engine, placement
from core.training.supervised import SupervisedLearner, answering_weights
from release import near_words, room_measures
from release import voice_data as packed
from release import voice_measures as measures
from release.weights import save_weights

NUM_UNKNOWN, NUM_SILENCE = 9_500, 2_500
NUM_VALIDATION = 400  # of other words, and of silence
LOOKS = (-3, 0, 3)  # frames; their mean is righter on validation than one look
REMEMBERED = 50  # clips of each class whose pooled states are kept for rehearsal


def release_training(*, epochs: int, seed: int) -> VoiceConfig:
    """The config of the release model, which is that of the preset with its recipe."""
    recipe = next(preset for preset in PRESETS if preset.name == "recipe")
    return VoiceConfig(**{**recipe.values, "epochs": epochs, "seed": seed})


CLASSES = classes_of(VoiceConfig())
UNKNOWN, SILENCE = len(CLASSES) - 2, len(CLASSES) - 1


def prepared(folder: Path, work: Path) -> dict[str, np.ndarray]:
    """Features and labels of training and validation, made once and kept in `work`."""
    kept = work / "features.npz"
    if not kept.exists():
        work.mkdir(parents=True, exist_ok=True)
        np.savez(kept, **_features(folder))
    with np.load(kept) as arrays:
        return dict(arrays)


def _features(folder: Path) -> dict[str, np.ndarray]:
    """Pictures of the ten words and of others; sound of other words and noise goes through JPEG too."""
    pictures, sounds = folder / "speech_commands_v0.02_logmel", folder / "speech_commands_opus"
    listed = packed.rows(pictures)
    there = {(row["word"], row["speaker"], row["utterance"]) for row in listed}
    train = [row for row in listed if row["official_split"] == "training"]
    validation = [row for row in listed if row["official_split"] == "validation"]
    heard = packed.rows(sounds)
    more = [
        row
        for row in heard
        if row["official_split"] == "training"
        and row["word"] not in CLASSES
        and (row["word"], row["speaker"], row["utterance"]) not in there
    ]
    tables = packed.jpeg_tables(pictures)
    quiet = packed.silences(packed.noises(sounds, held_out=False), NUM_SILENCE, seed=1)
    parts = [
        packed.pictures(pictures, train),
        packed.through_jpeg(packed.features_of(packed.sounds(sounds, more, suffix="opus")), tables),
        packed.through_jpeg(packed.features_of(quiet), tables),
    ]
    clean = [row for row in heard if row["official_split"] == "validation"]
    quiet_validation = packed.silences(packed.noises(sounds, held_out=True), NUM_VALIDATION, seed=2)
    return {
        "X": np.concatenate(parts),
        "y": np.concatenate(
            [packed.labels_of(train, CLASSES), np.full(len(more), UNKNOWN), np.full(NUM_SILENCE, SILENCE)]
        ),
        "fv": packed.pictures(pictures, validation),
        "yv": packed.labels_of(validation, CLASSES),
        "fsv": packed.features_of(quiet_validation),
        "fvo": packed.features_of(packed.sounds(sounds, clean, suffix="opus")),
        "yvo": packed.labels_of(clean, CLASSES),
    }


def dataset(arrays: dict[str, np.ndarray], *, seed: int) -> Dataset:
    """A fair number of other words beside the ten; validation by pictures, and at the end by clean sound."""
    random = np.random.default_rng(seed)
    labels, validation = arrays["y"], arrays["yv"]
    others = random.permutation(np.flatnonzero(labels == UNKNOWN))[:NUM_UNKNOWN]
    kept = np.sort(np.concatenate([np.flatnonzero(labels != UNKNOWN), others]))
    some = random.permutation(np.flatnonzero(validation == UNKNOWN))[:NUM_VALIDATION]
    chosen = np.concatenate([np.flatnonzero(validation != UNKNOWN), some])

    def split(features: np.ndarray, targets: np.ndarray, name: str) -> Split:
        return Split(torch.from_numpy(features), torch.from_numpy(targets), f"{len(targets):,} {name}")

    return Dataset(
        train=split(arrays["X"][kept], labels[kept], "clips of the official training split"),
        validation=split(
            np.concatenate([arrays["fv"][chosen], arrays["fsv"]]),
            np.concatenate([validation[chosen], np.full(len(arrays["fsv"]), SILENCE)]),
            "clips of the official validation split",
        ),
        test=split(arrays["fvo"], arrays["yvo"], "clips of the official validation split, as sound"),
    )


def main() -> None:
    """Train, write and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--phases", type=int, nargs="+", default=[10, 12], help="epochs of each learning-rate cycle")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--measure", action="store_true", help="measure the weights that are there")
    parser.add_argument("--every", type=int, default=1, help="measure robustness on every so many-th test clip")
    parser.add_argument("--out", type=Path, default=RELEASE.folder)
    options = parser.parse_args()
    where = Placement(device=placement.device_for("auto"), threads=options.threads, channels_last=True)
    placement.apply(where)
    arrays = prepared(options.data, options.work)
    if options.measure:
        measure(options.out, options.data, arrays, every=options.every)
    else:
        train(options, arrays, where)


def train(options: argparse.Namespace, arrays: dict[str, np.ndarray], where: Placement) -> None:
    """Train in cycles, keeping the last state; then write the model."""
    config, phases = release_training(epochs=options.phases[0], seed=options.seed), tuple(options.phases)
    data = engine.on_device(dataset(arrays, seed=options.seed), where.device)
    quiet = data.train.inputs[data.train.targets == SILENCE].float()
    learner = make_learner(config, where, noises=quiet)
    saved = options.work / "state"
    resume = read_state(saved) if saved.exists() else None
    start = time.process_time() - (resume["seconds"] if resume else 0.0)
    task = demos.training("voice")
    for event in engine.train(task, config, data, learner=learner, phases=phases, resume=resume):
        if isinstance(event, Evaluated):
            accuracy = event.metrics["accuracy"]
            print(f"epoch {event.epoch:.0f}  {accuracy:.2f} %  {time.process_time() - start:.0f} s", flush=True)
        if isinstance(event, Checkpointed) and event.metrics:
            write_state(saved, {**event.state, "seconds": time.process_time() - start})
    minutes = (time.process_time() - start) / 60
    write(options.out, learner, config, data, phases=phases, minutes=minutes, where=where)


def write_state(folder: Path, state: Any) -> None:
    """Keep the state of a training, in place of the one before."""
    skeleton, tensors = flatten(state)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / "state.part"
    save_file(tensors, temporary, metadata={"state": json.dumps(skeleton)})
    temporary.replace(folder / "state.safetensors")


def read_state(folder: Path) -> Any:
    """The state that `write_state` kept."""
    from safetensors import safe_open

    file = folder / "state.safetensors"
    with safe_open(file, framework="pt") as opened:
        skeleton = json.loads(opened.metadata()["state"])
    return unflatten(skeleton, load_file(file))


def write(
    folder: Path,
    learner: SupervisedLearner,
    config: VoiceConfig,
    data: Dataset,
    *,
    phases: tuple[int, ...],
    minutes: float,
    where: Placement,
) -> None:
    """Half-precision weights, what the answer layer is to remember, and how they came about."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = save_weights(folder / "model.safetensors", answering_weights(learner.state_dict()))
    network = learner.answering
    assert isinstance(network, VoiceNetwork)
    save_file(remembered(network.eval(), data.train), folder / "rehearsal.safetensors")
    card = {
        "config": to_json(replace(config, device="auto")),
        "classes": list(CLASSES),
        "phases": list(phases),
        "trained_on": data.train.name,
        **kept,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "minutes": round(minutes, 1),
        "machine": f"{platform.machine()}, {where.threads} threads, PyTorch {torch.__version__}",
        "threshold": 0.5,
        "looks": list(LOOKS),
        "figures": [],
    }
    write_card(folder, card)


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Keep what is known of a model beside it."""
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n")


@torch.no_grad()
def remembered(network: VoiceNetwork, train: Split) -> dict[str, torch.Tensor]:
    """Inputs of the answer layer for some training clips of each class, in half precision, with the class."""
    chosen = torch.cat([(train.targets == label).nonzero()[:, 0][:REMEMBERED] for label in range(len(CLASSES))])
    pooled = network.pool(network.states(train.inputs[chosen].float()))
    return {"pooled": pooled.half().cpu().contiguous(), "targets": train.targets[chosen].to(torch.uint8).cpu()}


def measure(folder: Path, data: Path, arrays: dict[str, np.ndarray], *, every: int) -> None:
    """All figures of the written file itself, added to `model.json`; the threshold is set first, on validation."""
    card = json.loads((folder / "model.json").read_text())
    validation = dataset(arrays, seed=0)
    near, _ = near_words.spoken(near_words.HELD_OUT, 6, split="validation", seed=21)
    others = np.concatenate([arrays["fvo"][arrays["yvo"] == UNKNOWN], packed.features_of(near)])
    card["threshold"] = measures.calibrated(folder, others)
    write_card(folder, card)
    card["figures"] = measures.figures(folder, data, (validation.validation, validation.test), every=every)
    write_card(folder, card)
    reader = measures.reader_of(folder)
    card["figures"] += room_measures.words_in_noise(reader, data, split="testing")
    card["figures"] += room_measures.false_alarms(reader, data, split="testing")
    write_card(folder, card)
    print(json.dumps(card["figures"], indent=2))


if __name__ == "__main__":
    main()
