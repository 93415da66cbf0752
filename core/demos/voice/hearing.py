"""Hearing commands: from a recording to what was said, with the way there: windows, features, states, probabilities."""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core.data.sound import audio, own_words
from core.data.sound.speech import SILENCE, UNKNOWN
from core.demos.voice.config import RELEASE, VoiceConfig, classes_of
from core.demos.voice.features import NUM_FRAMES, log_mel
from core.demos.voice.learner import make_network, run_network, shape_of
from core.demos.voice.network import VoiceNetwork
from core.errors import InvalidSettingError, Problem
from core.export import open_onnx, run_onnx, to_onnx
from core.knobs import from_json
from core.release import ReleaseModel

NOTHING = own_words.NOTHING
THRESHOLD = 0.5  # of a model for which none was calibrated
BATCH = 100  # windows at most; onnxruntime keeps the memory of the largest it has seen

Values = npt.NDArray[np.float32]
Engine = Callable[[Values], Values]  # (B, 98, mels) log-mel → (B, C) logits


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


class VoiceReader:
    """A trained network behind the search for commands.

    It answers through onnxruntime or PyTorch, whichever was faster when it was made: for one window, and for several.
    It may answer many threads at a time.

    Args:
        network: on the processor.
        classes: names of the answers; "unknown" and "silence" are the last two.
        num_mels: bands of its features.
        threshold: probability below which an answer is "unknown".
    """

    def __init__(
        self, network: VoiceNetwork, *, classes: Sequence[str], num_mels: int, threshold: float = THRESHOLD
    ) -> None:
        self.network = network.eval()
        self.classes = tuple(classes)
        self.num_mels = num_mels
        self.threshold = threshold
        engines: list[Engine] = [self._pytorch]
        try:
            session = open_onnx(onnx_file(network))
            engines.append(lambda features: run_onnx(session, features))
        except ImportError:  # onnxruntime is not made for every processor
            pass
        self._one, self._several = (_fastest(engines, count, num_mels) for count in (1, 4))

    @torch.no_grad()
    def _pytorch(self, features: Values) -> Values:
        logits: Values = self.network(torch.from_numpy(features)).numpy()
        return logits

    @torch.no_grad()
    def features(self, waves: Values) -> Values:
        """(B, 16000) → (B, 98, mels) log-mel."""
        return log_mel(torch.from_numpy(waves), num_mels=self.num_mels).numpy()

    def probabilities(self, features: Values) -> Values:
        """(B, 98, mels) log-mel → (B, C) float32 probabilities."""
        answer = self._one if len(features) == 1 else self._several
        logits = [answer(features[start : start + BATCH]) for start in range(0, len(features), BATCH)]
        return torch.from_numpy(np.concatenate(logits)).softmax(1).numpy()

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
        probabilities = self.probabilities(features)
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


def release_state(release: ReleaseModel) -> dict[str, Any]:
    """What a checkpoint of the release model's training would tell about its network."""
    return {"network": release.weights()}


def read_model(release: ReleaseModel = RELEASE) -> VoiceReader:
    """The reader of a release model."""
    card, config = release.card, release.config(VoiceConfig)
    network = make_network(config)
    network.load_state_dict(release.weights())
    return VoiceReader(network, classes=card["classes"], num_mels=config.num_mels, threshold=float(card["threshold"]))


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
    return VoiceReader(network, classes=classes_of(saved), num_mels=shape_of(saved).num_mels)


def _since(start: float) -> float:
    return 1000 * (time.perf_counter() - start)


def _fastest(engines: Sequence[Engine], count: int, num_mels: int) -> Engine:
    """The engine that answers so many windows first; the best of three measurements counts."""
    features = np.zeros((count, NUM_FRAMES, num_mels), np.float32)

    def seconds(engine: Engine) -> float:
        engine(features)  # the first call sets up memory
        return min(timeit.repeat(lambda: engine(features), number=1, repeat=3))

    return min(engines, key=seconds)
