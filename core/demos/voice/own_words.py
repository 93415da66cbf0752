"""What learning own words changed: on the words that it knew before, and on recordings that were held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.data.sound.speech import UNKNOWN
from core.data.sound.speech_synthesis import Sound
from core.demos.voice.hearing import VoiceReader


@dataclass(frozen=True)
class HeldOut:
    """A recording of an own word that was not learned from, and the likeliest class before and after."""

    word: str
    clip: Sound  # (16000,)
    before: str
    after: str
    probability: float  # of `after`


@dataclass(frozen=True)
class BeforeAfter:
    """Accuracies in [0, 1] on the same clips, answered by both networks."""

    num_old: int  # clips of all classes but the own words
    old_before: float
    old_after: float
    own: tuple[HeldOut, ...]


def compare(
    before: VoiceReader, after: VoiceReader, waves: Sound, labels: Sequence[int], *, own: Sequence[str]
) -> BeforeAfter:
    """Ask both networks about test clips; the likeliest class counts, without any threshold.

    Args:
        before: the network that was started from. A word of its that `after` lacks counts as "unknown".
        after: the network that was fine-tuned.
        waves: (N, 16000) int16.
        labels: (N,) indices into the classes of `after`.
        own: the words that it learned.
    """
    truth = [after.classes[label] for label in labels]
    said_before = [name if name in after.classes else UNKNOWN for name, _ in _answers(before, waves)]
    said_after = _answers(after, waves)
    old = [index for index, name in enumerate(truth) if name not in own]
    return BeforeAfter(
        num_old=len(old),
        old_before=float(np.mean([said_before[index] == truth[index] for index in old])),
        old_after=float(np.mean([said_after[index][0] == truth[index] for index in old])),
        own=tuple(
            HeldOut(name, waves[index], said_before[index], *said_after[index])
            for index, name in enumerate(truth)
            if name in own
        ),
    )


def _answers(reader: VoiceReader, waves: Sound) -> list[tuple[str, float]]:
    """The likeliest class of each clip, with its probability."""
    return [(reader.classes[int(row.argmax())], float(row.max())) for row in reader.probabilities(waves)]
