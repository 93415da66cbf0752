"""What the classical methods are given of Voice: the clips of a network's splits, as statistics of their MFCCs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from torchaudio.functional import compute_deltas, create_dct

from core.contract import Dataset
from core.demos.voice import learner
from core.demos.voice.config import VoiceConfig
from core.experiments.classical.config import ClassicalVoiceConfig
from core.experiments.classical.methods import Transformer

NUM_COEFFICIENTS = 13
NUM_PARTS = 5
FRAMES = 50  # that a word is stretched to before it is cut into parts
LOUD = 0.3  # of the way from the quiet frames to the loudest one
BATCH = 2_000  # clips that are read together


def load(config: ClassicalVoiceConfig) -> Dataset:
    """The very splits that a network with this data learns from; raises what its `load` raises."""
    return learner.load(_network(config))


def check(config: ClassicalVoiceConfig) -> None:
    """Raise at once what `load` raises."""
    learner.check(_network(config))


def settle(config: ClassicalVoiceConfig) -> ClassicalVoiceConfig:
    """The recordings of own words: those of the network that this stands beside, else those that there are now."""
    if config.recordings:
        return config
    return replace(config, recordings=learner.settle(_network(config)).recordings)


def _network(config: ClassicalVoiceConfig) -> VoiceConfig:
    return VoiceConfig(data=config.data, words=config.words, recordings=config.recordings, share=config.share)


def reader(config: ClassicalVoiceConfig, features: str) -> Transformer:
    """(N, frames, mels) log-mel → (N, 104 or 520) statistics, each with mean 0 and spread 1 over the training clips."""
    read = partial(statistics, of_parts=features == "fifths")
    return make_pipeline(FunctionTransformer(read), StandardScaler())


def statistics(log_mel: NDArray[Any], *, of_parts: bool) -> NDArray[np.float32]:
    """Mean, standard deviation, lowest and highest value of MFCCs and of their change over time.

    Args:
        log_mel: (N, frames, mels) of the Voice demo's front end.
        of_parts: describe each fifth of the word one by one, instead of the whole clip.

    Returns:
        (N, parts · 4 · 2 · 13) float32.

    Source: mel-frequency cepstral coefficients, the cosine transform of log-mel (Davis and Mermelstein 1980).
    """
    batches = (torch.from_numpy(log_mel[i : i + BATCH]).float() for i in range(0, len(log_mel), BATCH))
    found = [_statistics(word(one), NUM_PARTS) if of_parts else _statistics(one, 1) for one in batches]
    return np.concatenate(found)


def word(log_mel: torch.Tensor) -> torch.Tensor:
    """(N, frames, mels) → (N, 50, mels): from the first loud frame to the last, stretched by linear interpolation."""
    level = log_mel.mean(2)  # (N, frames)
    quiet, loudest = level.quantile(0.1, dim=1, keepdim=True), level.amax(1, keepdim=True)
    is_loud = (level >= quiet + LOUD * (loudest - quiet)).float()
    first = is_loud.argmax(1, keepdim=True)
    last = log_mel.shape[1] - 1 - is_loud.flip(1).argmax(1, keepdim=True)
    position = first + torch.linspace(0, 1, FRAMES) * (last - first)  # (N, 50)
    before = position.floor().long()
    after = (before + 1).clamp(max=log_mel.shape[1] - 1)
    share = (position - before).unsqueeze(2)
    return _frames(log_mel, before) * (1 - share) + _frames(log_mel, after) * share


def _frames(log_mel: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    return log_mel.gather(1, index.unsqueeze(2).expand(-1, -1, log_mel.shape[2]))


def _statistics(log_mel: torch.Tensor, num_parts: int) -> NDArray[np.float32]:
    cepstra = (log_mel @ create_dct(NUM_COEFFICIENTS, log_mel.shape[2], norm="ortho")).transpose(
        1, 2
    )  # (N, 13, frames)
    values = torch.cat([cepstra, compute_deltas(cepstra)], dim=1)  # (N, 26, frames)
    parts = values.tensor_split(num_parts, dim=2)
    numbers = [f for part in parts for f in (part.mean(2), part.std(2), part.amin(2), part.amax(2))]  # (N, 26) each
    return torch.cat(numbers, dim=1).numpy()
