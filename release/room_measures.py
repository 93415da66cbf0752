"""How the release model of the Voice demo does in rooms and against what is no command; noise as no training hears it.

Each function answers as a page does, with threshold and search. `voices` and words of near-words are those that no
training hears; recordings of people are of speakers of one official split, which the caller names.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.data.sound import audio
from core.data.sound.speech import CORE_WORDS
from core.demos.voice.hearing import NOTHING, VoiceReader
from release import near_words, unheard_noises
from release import voice_data as packed
from release.voice_measures import answer_of

Random = np.random.Generator
Recording = audio.Wave

SECONDS = 3  # of the recordings that a word is placed in
NUM_WORDS = 150  # commands in each kind of noise
ROOM_DB = 25.0  # other words are that much louder than their room
NUM_RUNNING = 300  # seconds of running speech of each kind
PIECE = 10  # seconds of running speech, chirps or drums that are heard at a time
NUM_PIECES = 12


def placed(wave: Recording, noise: Recording, decibels: float, random: Random) -> Recording:
    """A second anywhere in noise whose mean power is so far below it."""
    power = max(float((wave**2).mean()), 1e-9) * 10 ** (-decibels / 10)
    sound = noise * np.float32(np.sqrt(power / max(float((noise**2).mean()), 1e-12)))
    place = random.integers(len(noise) - len(wave))
    sound[place : place + len(wave)] += wave
    return np.clip(sound, -1, 1).astype(np.float32)


def words_in_noise(reader: VoiceReader, data: Path, *, split: str) -> list[dict[str, Any]]:
    """Commands anywhere in three seconds of noise that training has not heard."""
    rows = [row for row in packed.rows(data / "speech_commands_opus") if row["official_split"] == split]
    waves, labels = _test_words(data) if split == "testing" else _words(data, rows)
    chosen = np.sort(np.random.default_rng(5).permutation(len(labels))[:NUM_WORDS])
    conditions = [("running water", 15.0), *((name, 10.0) for name in unheard_noises.NOISES)]
    found = []
    for name, decibels in conditions:
        random = np.random.default_rng(1)
        right = 0
        for index in chosen:
            noise = unheard_noises.NOISES[name](SECONDS * audio.RATE, random)
            heard = reader.hear(placed(audio.from_int16(waves[index]), noise, decibels, random))
            right += answer_of(reader, heard.commands) == reader.classes[labels[index]]
        title = f"{len(chosen)} commands anywhere in 3 s of {name} {decibels:g} dB below (made, not trained with)"
        found.append({"set": title, "examples": len(chosen), "accuracy": round(100 * right / len(chosen), 2)})
    return found


def _words(data: Path, rows: list[packed.Row]) -> tuple[packed.Samples, np.ndarray]:
    chosen = [row for row in rows if row["word"] in CORE_WORDS]
    waves = packed.sounds(data / "speech_commands_opus", chosen, suffix="opus")
    return waves, packed.labels_of(chosen, (*CORE_WORDS, "unknown", "silence"))


def _test_words(data: Path) -> tuple[packed.Samples, np.ndarray]:
    folder = data / "speech_commands_v0.02_test"
    chosen = [row for row in packed.rows(folder) if row["word"] in CORE_WORDS]
    return packed.sounds(folder, chosen, suffix="flac"), packed.labels_of(chosen, (*CORE_WORDS, "unknown", "silence"))


def alarms(reader: VoiceReader, recordings: Iterable[Recording]) -> tuple[int, int, float]:
    """Recordings with a command heard in them, commands heard in all of them, and their seconds."""
    fired, heard_in_all, seconds = 0, 0, 0.0
    for sound in recordings:
        words = [one for one in reader.hear(sound).commands if one.answer in CORE_WORDS and one.answer != NOTHING]
        fired += bool(words)
        heard_in_all += len(words)
        seconds += len(sound) / audio.RATE
    return fired, heard_in_all, seconds


def false_alarms(reader: VoiceReader, data: Path, *, split: str) -> list[dict[str, Any]]:
    """Commands heard where none was spoken: other words, near-words, running speech, chirps and drums."""
    rows = [
        row
        for row in packed.rows(data / "speech_commands_opus")
        if row["official_split"] == split and row["word"] not in CORE_WORDS
    ]
    others = packed.sounds(data / "speech_commands_opus", rows, suffix="opus")
    voices = {"testing": "test", "validation": "validation"}[split]
    near, _ = near_words.spoken(near_words.HELD_OUT, 6, split=voices, seed=21)
    sentences = near_words.running(NUM_RUNNING, split=voices, seed=23).reshape(-1)
    each = {
        f"{len(others)} clips of other words, in a quiet room": _in_a_room(others),
        f"{len(near)} near-words by eSpeak (words and voices not trained with)": _in_a_room(near),
    }
    hours = {
        "running speech, clips of other words joined": _joined(others),
        "running speech, sentences by eSpeak": _pieces(sentences),
        "chirps": _made(unheard_noises.chirps),
        "drums": _made(unheard_noises.drums),
        "running water, alone": _made(lambda count, random: 0.05 * unheard_noises.running_water(count, random)),
        "music, alone": _made(lambda count, random: 0.05 * unheard_noises.music(count, random)),
    }
    found = []
    for name, recordings in each.items():
        fired, _, seconds = alarms(reader, recordings)
        examples = round(seconds / SECONDS)
        found.append(
            {
                "set": name,
                "examples": examples,
                "false_alarms": fired,
                "false_alarms_percent": round(100 * fired / examples, 2),
            }
        )
    for name, recordings in hours.items():
        _, count, seconds = alarms(reader, recordings)
        found.append(
            {
                "set": f"{seconds / 60:.0f} minutes of {name}",
                "examples": round(seconds / PIECE),
                "false_alarms": count,
                "false_alarms_per_hour": round(3600 * count / seconds, 1),
            }
        )
    return found


def _in_a_room(waves: packed.Samples) -> Iterator[Recording]:
    random = np.random.default_rng(3)
    for wave in waves:
        yield placed(audio.from_int16(wave), audio.pink_noise(SECONDS * audio.RATE, random), ROOM_DB, random)


def _pieces(sound: np.ndarray) -> Iterator[Recording]:
    count = PIECE * audio.RATE
    for start in range(0, len(sound) - count + 1, count):
        yield audio.from_int16(sound[start : start + count])


def _joined(waves: packed.Samples) -> Iterator[Recording]:
    """Words one after the other, with pauses of 10 to 250 ms."""
    random = np.random.default_rng(4)
    parts, count = [], 0
    while count < NUM_RUNNING * audio.RATE:
        wave = audio.from_int16(waves[random.integers(len(waves))])
        loud = np.flatnonzero(np.abs(wave) > 0.1 * np.abs(wave).max())
        word = wave[max(0, loud[0] - 800) : loud[-1] + 1600] if len(loud) else wave[:1600]
        pause = np.zeros(random.integers(160, 4000), np.float32)
        parts += [0.05 * word / max(float(word.std()), 1e-4), pause]
        count += len(word) + len(pause)
    sound = np.concatenate(parts)
    yield from _pieces(audio.to_int16(sound + 0.002 * random.standard_normal(len(sound)).astype(np.float32)))


def _made(noise: Callable[[int, Random], Recording]) -> Iterator[Recording]:
    random = np.random.default_rng(6)
    for _ in range(NUM_PIECES):
        yield np.clip(noise(PIECE * audio.RATE, random), -1, 1).astype(np.float32)
