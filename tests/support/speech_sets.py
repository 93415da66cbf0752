"""Tiny recorded sets of speech."""

from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from core.data import registry
from core.data.fetch.archive import Archives
from core.data.sound import audio, speech, speech_folders
from tests.support.sounds import word_like


def known_by(monkeypatch: pytest.MonkeyPatch, name: str, words: tuple[str, ...]) -> None:
    """A recorded set counts as being here with these words alone."""
    full = registry.find(name)
    assert isinstance(full.origin, Archives)
    monkeypatch.setitem(registry.SETS, name, replace(full, origin=replace(full.origin, contents=words)))


def write_set(folder: Path, words: tuple[str, ...], *, per_split: int = 4) -> None:
    """A tiny Speech Commands: in every word so many speakers of each split, by their hash."""
    wanted: dict[str, list[str]] = {split: [] for split in speech.SPLITS}
    number = 0
    while any(len(names) < per_split for names in wanted.values()):
        name = f"{number:08x}_nohash_0.wav"
        number += 1
        if len(wanted[speech_folders.split_of(name)]) < per_split:
            wanted[speech_folders.split_of(name)].append(name)
    for index, word in enumerate(words):
        (folder / word).mkdir(parents=True)
        for names in wanted.values():
            for name in names:
                soundfile.write(folder / word / name, word_like(index)[:15_000], audio.RATE, subtype="PCM_16")
