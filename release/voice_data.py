"""The data that the release model of the Voice demo learns from: packed log-mel pictures and packed clips of sound.

Both are packings of Google Speech Commands v0.02 (see their README files): `speech_commands_v0.02_logmel` and
`speech_commands_opus`; the official test set is `speech_commands_v0.02_test`. The pictures went through JPEG. Sound
that joins them in training goes through the same JPEG tables, so that no word can be told by where it comes from.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import torch
from PIL import Image

from core.demos.voice.features import WINDOW, log_mel_of_samples

Features = npt.NDArray[np.float16]  # (N, 98, 40) log-mel
Samples = npt.NDArray[np.int16]  # (N, 16000)
Row = dict[str, str]

NUM_MELS = 40
PIXEL_SCALE, PIXEL_OFFSET = 10.09, 146.58  # pixel = scale * log-mel + offset
BACKGROUND = "_background_noise_"
TRAINED_SECONDS = 50  # of each noise file; the rest is for validation


def rows(folder: Path) -> list[Row]:
    """The lines of a packed folder's `index.csv`."""
    with (folder / "index.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def pictures(folder: Path, chosen: Sequence[Row]) -> Features:
    """Log-mel features from the pictures of the given rows."""
    features = np.empty((len(chosen), 98, NUM_MELS), np.float16)
    with zipfile.ZipFile(folder / "logmel_jpg.zip") as archive:
        for place, row in enumerate(chosen):
            with Image.open(io.BytesIO(archive.read(row["file"]))) as picture:
                features[place] = (np.asarray(picture, np.float32) - PIXEL_OFFSET) / PIXEL_SCALE
    return features


def sounds(folder: Path, chosen: Sequence[Row], *, suffix: str) -> Samples:
    """Samples of the given rows, in their order."""
    clips = {}
    for word in {row["word"] for row in chosen}:
        clips[word] = soundfile.read(folder / f"{word}.{suffix}", dtype="int16")[0].reshape(-1, WINDOW)
    return np.stack([clips[row["word"]][int(row["index"])] for row in chosen])


def noises(folder: Path, *, held_out: bool) -> list[npt.NDArray[np.int16]]:
    """The long noise recordings: their first 50 s, or what is held out of training."""
    part = slice(TRAINED_SECONDS * WINDOW, None) if held_out else slice(0, TRAINED_SECONDS * WINDOW)
    return [soundfile.read(file, dtype="int16")[0][part] for file in sorted((folder / BACKGROUND).glob("*.opus"))]


def silences(recordings: Sequence[npt.NDArray[np.int16]], num: int, *, seed: int) -> Samples:
    """Crops of noise at a random volume, one in twenty of them digital silence."""
    random = np.random.default_rng(seed)
    crops = np.zeros((num, WINDOW), np.int16)
    for place in range(num):
        recording = recordings[random.integers(len(recordings))]
        start = random.integers(len(recording) - WINDOW)
        volume = random.random() ** 2 if place % 20 else 0.0
        crops[place] = volume * recording[start : start + WINDOW]
    return crops


def features_of(samples: Samples) -> Features:
    """Log-mel features of clips."""
    batches = torch.from_numpy(samples).split(500)
    return np.concatenate([log_mel_of_samples(batch, num_mels=NUM_MELS).half().numpy() for batch in batches])


def through_jpeg(features: Features, tables: dict[int, list[int]]) -> Features:
    """What the packing of the pictures does to features."""
    changed = np.empty_like(features)
    pixels = np.clip(PIXEL_SCALE * features.astype(np.float32) + PIXEL_OFFSET, 0, 255).round().astype(np.uint8)
    for place, picture in enumerate(pixels):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", qtables=tables)
        with Image.open(file) as packed:
            changed[place] = (np.asarray(packed, np.float32) - PIXEL_OFFSET) / PIXEL_SCALE
    return changed


def jpeg_tables(folder: Path) -> dict[int, list[int]]:
    """Quantisation tables of the packed pictures."""
    with zipfile.ZipFile(folder / "logmel_jpg.zip") as archive:
        name = next(name for name in archive.namelist() if not name.startswith(BACKGROUND))
        with Image.open(io.BytesIO(archive.read(name))) as picture:
            return dict(picture.quantization)  # type: ignore[attr-defined]


def labels_of(chosen: Iterable[Row], classes: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number of each row's class; other words are "unknown", noise is "silence"."""
    special = {BACKGROUND: "silence", "_silence_": "silence", "_unknown_": "unknown"}
    numbers = {name: number for number, name in enumerate(classes)}
    names = (special.get(row["word"], row["word"]) for row in chosen)
    return np.array([numbers.get(name, numbers["unknown"]) for name in names], np.int64)
