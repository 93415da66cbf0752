"""How good the release model of the Voice demo is: accuracy, rejection, noise, gain, false alarms.

Nothing is chosen here by the test set; the threshold comes from validation.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contract import Split
from core.data.sound import audio
from core.demos.voice.hearing import NOTHING, VoiceReader, decide, read_model
from core.release import ReleaseModel
from release import voice_data as packed

Probabilities = npt.NDArray[np.float32]

SECONDS = 3  # of the recordings that test clips are placed in
FALSE_ALARMS = 0.025  # share of clips without a command that may be taken for one
LOWEST = 0.4  # threshold
THRESHOLDS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
CONDITIONS = (  # name, signal-to-noise ratio in dB, gain in dB
    ("noise 20 dB below", 20.0, 0.0),
    ("noise 10 dB below", 10.0, 0.0),
    ("noise 5 dB below", 5.0, 0.0),
    ("12 dB louder, noise 20 dB below", 20.0, 12.0),
    ("12 dB softer, noise 20 dB below", 20.0, -12.0),
)


def reader_of(folder: Path) -> VoiceReader:
    """The model as it stands in a folder now."""
    return read_model(ReleaseModel(folder))


def probabilities_of(reader: VoiceReader, features: npt.NDArray[Any]) -> Probabilities:
    """(N, classes) of stored features."""
    return reader.from_features(np.ascontiguousarray(features, np.float32))


def calibrated(folder: Path, others: npt.NDArray[Any]) -> float:
    """The lowest threshold at which at most so many of the clips that hold no command are taken for one.

    Args:
        folder: of the model.
        others: (N, 98, mels) log-mel of other words by validation speakers, and of near-words.
    """
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**card, "threshold": 0.5}, indent=2) + "\n")
    answers = probabilities_of(reader_of(folder), others)
    taken = np.where(answers.argmax(1) < answers.shape[1] - 2, answers.max(1), 0.0)
    for threshold in np.arange(LOWEST, 0.96, 0.01):
        if (taken >= threshold).mean() <= FALSE_ALARMS:
            return round(float(threshold), 2)
    return 0.95


def figures(folder: Path, data: Path, validation: Sequence[Split], *, every: int) -> list[dict[str, Any]]:
    """All figures, each with its set."""
    reader = reader_of(folder)
    found = [
        {"set": split.name, **accuracy(reader, split.inputs.numpy(), split.targets.numpy())} for split in validation
    ]
    waves, labels = test_clips(data, reader.classes)
    features = packed.features_of(waves)
    answers = probabilities_of(reader, features)
    name = f"{len(labels):,} clips of the official 12-class test set"
    found.append({"set": name, **summary(answers, labels, reader.classes), "rejection": rejection(answers, labels)})
    alone = VoiceReader(reader.network, classes=reader.classes, threshold=reader.threshold)
    found.append({"set": f"{name}, by one look (as the ONNX file answers)", **accuracy(alone, features, labels)})
    _, first = np.unique(waves, axis=0, return_index=True)
    once = {"set": f"{name}, without repeats", **accuracy(reader, features[first], labels[first])}
    found.append(once)
    noises = packed.noises(data / "speech_commands_opus", held_out=False)
    for condition, ratio, gain in CONDITIONS:
        share = robustness(reader, waves[::every], labels[::every], noises, ratio=ratio, gain=gain)
        examples = len(labels[::every])
        found.append({"set": f"{examples:,} test clips anywhere in 3 s, {condition}", "examples": examples, **share})
    return found + false_alarms(reader, data)


def test_clips(data: Path, classes: Sequence[str]) -> tuple[packed.Samples, npt.NDArray[np.int64]]:
    """The official test set with its classes."""
    folder = data / "speech_commands_v0.02_test"
    rows = packed.rows(folder)
    return packed.sounds(folder, rows, suffix="flac"), packed.labels_of(rows, classes)


def accuracy(reader: VoiceReader, features: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Share of right answers, percent."""
    right = probabilities_of(reader, features).argmax(1) == labels
    return {"examples": len(labels), "accuracy": round(100 * float(right.mean()), 2)}


def summary(answers: Probabilities, labels: npt.NDArray[np.int64], classes: Sequence[str]) -> dict[str, Any]:
    """Accuracy, per class too, and the most common mistakes."""
    given = answers.argmax(1)
    wrong = [(classes[a], classes[b]) for a, b in zip(labels, given, strict=True) if a != b]
    common = sorted(set(wrong), key=lambda pair: (-wrong.count(pair), pair))[:8]
    return {
        "examples": len(labels),
        "accuracy": round(100 * float((given == labels).mean()), 2),
        "accuracy_of_each": {
            name: round(100 * float((given == labels)[labels == label].mean()), 2) for label, name in enumerate(classes)
        },
        "mistakes": [{"said": a, "heard": b, "count": wrong.count((a, b))} for a, b in common],
    }


def rejection(answers: Probabilities, labels: npt.NDArray[np.int64]) -> list[dict[str, float]]:
    """Accuracy of the answers that reach each threshold, and the share that does not, percent."""
    sure, right = answers.max(1), answers.argmax(1) == labels
    return [
        {
            "threshold": threshold,
            "rejected": round(100 * float((sure < threshold).mean()), 2),
            "accuracy_of_the_others": round(100 * float(right[sure >= threshold].mean()), 2),
        }
        for threshold in THRESHOLDS
    ]


def robustness(
    reader: VoiceReader,
    waves: packed.Samples,
    labels: npt.NDArray[np.int64],
    noises: Sequence[packed.Samples],
    *,
    ratio: float,
    gain: float,
) -> dict[str, float]:
    """Share of recordings of three seconds that are answered right, as a page answers them, percent.

    A clip lies anywhere in noise of a recorded background. The ratio is of mean powers over the clip's second; silent
    clips get the noise that an ordinary clip would get.
    """
    random = np.random.default_rng(9)
    powers = (audio.from_int16(waves) ** 2).mean(1)
    ordinary = float(np.median(powers[labels < len(reader.classes) - 1]))
    right = 0
    for wave, power, label in zip(waves, powers, labels, strict=True):
        is_silence = label == len(reader.classes) - 1
        noise = audio.from_int16(noises[random.integers(len(noises))])
        start = random.integers(len(noise) - SECONDS * audio.WINDOW)
        sound = noise[start : start + SECONDS * audio.WINDOW]
        wanted = (ordinary if is_silence else float(power)) * 10 ** (-ratio / 10)
        sound = sound * np.sqrt(wanted / max(float((sound**2).mean()), 1e-12))
        place = random.integers((SECONDS - 1) * audio.WINDOW)
        sound[place : place + audio.WINDOW] += audio.from_int16(wave)
        heard = reader.hear(np.clip(sound * 10 ** (gain / 20), -1, 1).astype(np.float32))
        right += answer_of(reader, heard.commands) == (NOTHING if is_silence else reader.classes[label])
    return {"accuracy": round(100 * right / len(labels), 2)}


def answer_of(reader: VoiceReader, commands: Sequence[Any]) -> str:
    """One answer to a recording that holds one command: the surest of the words, else "unknown" or nothing."""
    words = [command for command in commands if command.answer in reader.classes[:-2]]
    if words:
        return max(words, key=lambda command: max(command.probabilities)).answer
    return commands[0].answer if commands else NOTHING


def false_alarms(reader: VoiceReader, data: Path) -> list[dict[str, Any]]:
    """Commands heard where none was spoken, an hour: in other words, and in background noise."""
    sounds = data / "speech_commands_opus"
    rows = [
        row
        for row in packed.rows(sounds)
        if row["official_split"] == "testing" and row["word"] not in reader.classes[:-2]
    ]
    answers = probabilities_of(reader, packed.features_of(packed.sounds(sounds, rows, suffix="opus")))
    alarms = sum(decide(row, reader.classes, threshold=reader.threshold) in reader.classes[:-2] for row in answers)
    noise_alarms, noise_seconds = 0, 0.0
    for long in packed.noises(sounds, held_out=False) + packed.noises(sounds, held_out=True):
        for start in range(0, len(long) - SECONDS * audio.WINDOW + 1, SECONDS * audio.WINDOW):
            part = audio.from_int16(long[start : start + SECONDS * audio.WINDOW])
            heard = reader.hear(part)
            noise_alarms += sum(command.answer in reader.classes[:-2] for command in heard.commands)
            noise_seconds += SECONDS
    return [
        {
            "set": f"{len(rows):,} clips of other words (official testing speakers), one a second",
            "examples": len(rows),
            "false_alarms": int(alarms),
            "false_alarms_per_hour": round(3600 * alarms / len(rows), 1),
        },
        {
            "set": f"{noise_seconds:.0f} s of the six background noise files, 3 s at a time",
            "examples": round(noise_seconds / SECONDS),
            "false_alarms": int(noise_alarms),
            "false_alarms_per_hour": round(3600 * noise_alarms / noise_seconds, 1),
        },
    ]
