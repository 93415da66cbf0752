"""Voice for scripts: recordings in, commands out; and the accuracy on test clips. Nothing here is for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.data.sound import audio, speech
from core.data.sound.speech_synthesis import Sound
from core.demo import Model, PreparedInput
from core.demos.voice.config import VoiceConfig, words_of
from core.demos.voice.hearing import NOTHING, Hearing, VoiceReader, decide, read_model, run_reader
from core.errors import DataUnavailableError, InvalidInputError
from core.knobs import from_json
from core.release import ReleaseModel


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


class VoiceModel:
    """A reader with its words and the data that it has learned from.

    Args:
        words: those that it tells apart.
        data: a source of `core.data.sound.speech`, on whose test clips it is measured where no recorded set is here;
            None for the release model, which is measured on recordings only.
        recordings: of own words, those that were pinned for its run.
    """

    def __init__(
        self, reader: VoiceReader, *, words: Sequence[str], data: str | None = None, recordings: str = ""
    ) -> None:
        self.reader = reader
        self.words = tuple(words)
        self.data, self.recordings = data, recordings

    def answer(self, values: Sequence[audio.Wave]) -> Sequence[Mapping[str, Any]]:
        """The command in each recording, with the second in which it was heard; of several, the first, and all."""
        return [self._in_json(self.reader.hear(samples), len(samples)) for samples in values]

    def evaluate(self) -> Mapping[str, Any]:
        """Accuracy on test clips of a second, for each class too, and what the threshold makes of it.

        Raises:
            DataUnavailableError: there is no test set in the data folder.
        """
        waves, labels, name = self._test_clips()
        probabilities = np.concatenate(
            [
                self.reader.probabilities(self.reader.features(audio.from_int16(waves[start : start + 200])))
                for start in range(0, len(waves), 200)
            ]
        )
        classes = self.reader.classes
        right = probabilities.argmax(1) == labels
        named = [NOTHING if label == len(classes) - 1 else classes[label] for label in labels]
        decided = [decide(row, classes, threshold=self.reader.threshold) for row in probabilities]
        return {
            "set": name,
            "examples": len(labels),
            "right": int(right.sum()),
            "accuracy": round(float(right.mean()), 6),
            "accuracy_of_each": {
                classes[label]: round(float(right[labels == label].mean()), 6) for label in np.unique(labels)
            },
            "threshold": self.reader.threshold,
            "accuracy_with_threshold": round(float(np.mean([a == b for a, b in zip(decided, named, strict=True)])), 6),
        }

    def _test_clips(self) -> tuple[Sound, speech.Labels, str]:
        try:
            return speech.test_clips(self.words)
        except DataUnavailableError:
            if self.data is None:
                raise
            own = speech.load(self.data, self.words, self.recordings)
            return own.test_waves, own.test_labels, f"{len(own.test_waves):,} {own.name} test clips"

    def _in_json(self, hearing: Hearing, count: int) -> dict[str, Any]:
        if not hearing.commands:
            return {"answer": NOTHING, "probabilities": {}, "window_seconds": [0.0, round(count / audio.RATE, 3)]}
        heard = [
            {
                "answer": command.answer,
                "probabilities": {
                    name: round(probability, 6)
                    for name, probability in zip(self.reader.classes, command.probabilities, strict=True)
                },
                "window_seconds": [round(float(second), 3) for second in command.window.seconds],
            }
            for command in hearing.commands
        ]
        return heard[0] if len(heard) == 1 else {**heard[0], "commands": heard}


def release_model(release: ReleaseModel) -> Model:
    """A model that ships with the project."""
    return VoiceModel(read_model(release), words=speech.CORE_WORDS)


def run_model(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> Model:
    """The model of a run, from its saved config and the learner's part of a checkpoint."""
    saved, _ = from_json(VoiceConfig, config)
    return VoiceModel(
        run_reader(config, learner_state), words=words_of(saved), data=saved.data, recordings=saved.recordings
    )
