"""Hearing commands: from a recording to what was said, with the way there: windows, features, states, probabilities."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core.classifier import Classifier, FastNetwork, Labelled
from core.data.sound import audio, own_words, speech, speech_folders
from core.data.sound.speech import SILENCE, UNKNOWN
from core.data.sound.speech_synthesis import Sound
from core.demo import PreparedInput
from core.demos.voice.config import RELEASE, VoiceConfig, classes_of
from core.demos.voice.features import NUM_FRAMES, log_mel
from core.demos.voice.learner import run_network
from core.demos.voice.network import VoiceNetwork
from core.errors import DataUnavailableError, InvalidInputError, InvalidSettingError, Problem
from core.export import to_onnx
from core.knobs import from_json
from core.release import ReleaseModel

NOTHING = own_words.NOTHING
THRESHOLD = 0.5  # of a model for which none was calibrated
SEVERAL = 4  # windows stand for every batch of more than one when engines are compared
CLIPS = 200  # that become features together

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Command:
    """One window of a recording and what the network makes of it."""

    window: audio.Window
    wave: audio.Wave  # (16000,) what the window holds
    features: Values  # (98, mels) log-mel
    probabilities: tuple[float, ...]  # (C,)
    answer: str  # a word, "unknown" or "nothing heard"


@dataclass(frozen=True)
class Hearing:
    """What came out of a recording. Without anything to hear there are no commands: nothing is predicted."""

    problem: Problem | None
    loudness: float  # dBFS of the loudest second
    noise: float  # dBFS of the quietest tenth
    commands: tuple[Command, ...]
    milliseconds: Mapping[str, float]  # of "listen", "interpret" and "predict"


@dataclass(frozen=True)
class Insight:
    """What happens inside a network while it hears one window."""

    states: Values  # (steps, directions · hidden): of the last recurrent layer
    attention: Values | None  # (steps,) mean of the heads, sums to 1; None without attention
    probabilities: Values  # (steps, C): the answer if this step alone counted
    stride: int  # frames of 10 ms in a step


class VoiceReader(Classifier):
    """A trained network behind the search for commands.

    Args:
        network: on the processor.
        classes: names of the answers; "unknown" and "silence" are the last two.
        data: what it has learned from, a sound set of the registry; on its test clips it is measured where no recorded
            set is here. Empty for the release model, which is measured on recordings only.
        recordings: of own words, those that were pinned for its run.
        threshold: probability below which an answer is "unknown".
        looks: shifts in frames of 10 ms at which a second is looked at; the answer is their mean. A word that is heard
            at one of them only is no sure one.
    """

    def __init__(
        self,
        network: VoiceNetwork,
        *,
        classes: Sequence[str],
        data: str = "",
        recordings: str = "",
        threshold: float = THRESHOLD,
        looks: Sequence[int] = (0,),
    ) -> None:
        self.network = network.eval()
        self.classes = tuple(classes)
        self.words = self.classes[:-2]
        self.data, self.recordings = data, recordings
        self.threshold, self.looks = threshold, tuple(looks)
        self._fast = FastNetwork(self.network, onnx_file, shape=(NUM_FRAMES, network.num_mels), several=SEVERAL)

    @torch.no_grad()
    def features(self, waves: Values) -> Values:
        """(B, 16000) → (B, 98, mels) log-mel."""
        return log_mel(torch.from_numpy(waves), num_mels=self.network.num_mels).numpy()

    def from_features(self, features: Values) -> Values:
        """(B, 98, mels) log-mel → (B, C) float32 probabilities, the mean of all looks; edges go on."""
        frames = np.arange(features.shape[1])
        looks = [features[:, np.clip(frames + shift, 0, frames[-1])] for shift in self.looks]
        answers: Values = self._fast.probabilities(np.concatenate(looks)).reshape(len(looks), len(features), -1).mean(0)
        return answers

    def probabilities(self, examples: Sound) -> Values:
        """(N, 16000) int16 clips of a second, which may be mapped from a file → (N, C) float32 probabilities."""
        parts = (np.asarray(examples[start : start + CLIPS]) for start in range(0, len(examples), CLIPS))
        return np.concatenate([self.from_features(self.features(audio.from_int16(part))) for part in parts])

    def test_set(self) -> Labelled:
        """Test clips of a second."""
        data = speech.load(self.data, self.words, self.recordings)
        return Labelled(f"{len(data.test_labels):,} {data.name} test clips", data.test_waves, data.test_labels)

    def official_test_set(self) -> Labelled:
        """Recorded test clips, or those of its data where none are here."""
        try:
            found = speech.tested(self.words)
        except DataUnavailableError:
            if not self.data:
                raise
            return self.test_set()
        return Labelled(found.name, found.waves, found.labels, speech_folders.accounted(found.told))

    def measured(self, tested: Labelled, answers: Values) -> dict[str, Any]:
        """The accuracy of each class too, and what the threshold makes of it."""
        right, labels = answers.argmax(1) == tested.labels, tested.labels
        named = [NOTHING if label == len(self.classes) - 1 else self.classes[label] for label in labels]
        decided = [decide(row, self.classes, threshold=self.threshold) for row in answers]
        return {
            **super().measured(tested, answers),
            "accuracy_of_each": {
                self.classes[label]: round(float(right[labels == label].mean()), 6) for label in np.unique(labels)
            },
            "threshold": self.threshold,
            "accuracy_with_threshold": round(float(np.mean([a == b for a, b in zip(decided, named, strict=True)])), 6),
        }

    def answer(self, values: Sequence[audio.Wave]) -> Sequence[Mapping[str, Any]]:
        """The command in each recording, with the second in which it was heard; of several, the first, and all."""
        return [self._heard(self.hear(samples), len(samples)) for samples in values]

    def _heard(self, hearing: Hearing, count: int) -> dict[str, Any]:
        if not hearing.commands:
            return {"answer": NOTHING, "probabilities": {}, "window_seconds": [0.0, round(count / audio.RATE, 3)]}
        heard = [
            {
                **self.in_json(command.probabilities),
                "answer": command.answer,
                "window_seconds": [round(float(second), 3) for second in command.window.seconds],
            }
            for command in hearing.commands
        ]
        return heard[0] if len(heard) == 1 else {**heard[0], "commands": heard}

    def hear(self, samples: audio.Wave, *, threshold: float | None = None) -> Hearing:
        """Find the commands in a recording and answer each; windows without any command are left out.

        Args:
            samples: (N,) float32 in [-1, 1] at 16 kHz.
            threshold: probability below which an answer is "unknown"; None: the model's own.
        """
        limit = self.threshold if threshold is None else threshold
        started = time.perf_counter()
        problem = audio.problem(samples)
        loudness = audio.level(audio.cut(samples, audio.loudest_window(samples)))
        noise = audio.noise_floor(samples)
        if problem is not None and problem.blocking:
            return Hearing(problem, loudness, noise, (), {"listen": _since(started)})
        windows = audio.commands(samples)
        waves = np.stack([audio.cut(samples, window) for window in windows])
        listened = time.perf_counter()
        features = self.features(waves)
        interpreted = time.perf_counter()
        probabilities = self.from_features(features)
        milliseconds = {
            "listen": 1000 * (listened - started),
            "interpret": 1000 * (interpreted - listened),
            "predict": _since(interpreted),
        }
        found = [
            Command(window, wave, image, tuple(float(p) for p in row), decide(row, self.classes, threshold=limit))
            for window, wave, image, row in zip(windows, waves, features, probabilities, strict=True)
        ]
        said = [command for command in found if command.answer != NOTHING] or found[:1]
        return Hearing(problem, loudness, noise, tuple(said), milliseconds)

    @torch.no_grad()
    def inspect(self, features: Values) -> Insight:
        """What happens inside the network for one window, (98, mels) log-mel."""
        inside = self.network.inspect(torch.from_numpy(features[None]))
        return Insight(
            states=inside.states[0].numpy(),
            attention=None if inside.attention is None else inside.attention[0].mean(0).numpy(),
            probabilities=inside.step_logits[0].softmax(1).numpy(),
            stride=self.network.stride,
        )


def decide(probabilities: Values, classes: Sequence[str], *, threshold: float) -> str:
    """The answer: the likeliest word, "unknown" where it is not likely enough, or "nothing heard"."""
    winner = int(probabilities.argmax())
    if classes[winner] == SILENCE:
        return NOTHING
    return classes[winner] if probabilities[winner] >= threshold else UNKNOWN


def onnx_file(network: VoiceNetwork) -> bytes:
    """A voice network as ONNX: `features` (B, 98, mels) log-mel → `logits` (B, C)."""
    return to_onnx(network, torch.zeros(1, NUM_FRAMES, network.num_mels), inputs="features", outputs="logits")


def prepare(path: Path) -> PreparedInput:
    """The samples of a recording, (N,) float32 in [-1, 1] at 16 kHz. Silence is ready too: its answer says so.

    Raises:
        InvalidInputError: not a sound, outside the limits, or damaged.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(audio.MAX_BYTES + 1)
    if len(content) > audio.MAX_BYTES:
        raise InvalidInputError(f"“{path.name}” is too large; at most {audio.MAX_BYTES / 1e6:g} MB are allowed.")
    samples = audio.read_sound(content, name=path.name).samples
    return PreparedInput(samples, audio.problem(samples))


def read_model(release: ReleaseModel = RELEASE) -> VoiceReader:
    """The reader of a release model."""
    card = release.card
    network = run_network(card["config"], {"network": release.weights()})
    return VoiceReader(
        network, classes=card["classes"], threshold=float(card["threshold"]), looks=card.get("looks", (0,))
    )


def run_reader(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> VoiceReader:
    """The network of a run, from its saved config and the learner's part of a checkpoint.

    Raises:
        InvalidSettingError: it was trained with a word named as the answer "unknown" or "silence".
    """
    saved, _ = from_json(VoiceConfig, config)
    if len(set(classes_of(saved))) < len(classes_of(saved)):
        raise InvalidSettingError(
            f"This model has two answers of one name among {', '.join(classes_of(saved))}, so what it says means "
            "nothing. Clone its run without the word of that name."
        )
    network = run_network(config, learner_state)
    looks = RELEASE.card.get("looks", (0,)) if saved.start == "release" else (0,)
    return VoiceReader(network, classes=classes_of(saved), data=saved.data, recordings=saved.recordings, looks=looks)


def _since(start: float) -> float:
    return 1000 * (time.perf_counter() - start)
