"""Words that sound like a command and are none, for training and measuring the release model of Voice.

Three kinds: words and syllables spoken by eSpeak NG, sentences spoken by it, and clips of people that are cut and
joined. Words of `HELD_OUT` are never trained on.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.data.sound import audio, speech_synthesis
from core.data.sound.speech_synthesis import ACCENTS, SPEAKERS, Utterance
from release.voice_data import Features, Samples

Random = np.random.Generator

WORDS = (Path(__file__).parent / "near_words.txt").read_text().split()
HELD_OUT = (Path(__file__).parent / "near_words_held_out.txt").read_text().split()

SAME_SOUND = {  # the beginning of the first before the end of the second is a command itself, or nearly
    ("no", "go"),
    ("go", "no"),
    ("on", "off"),
    ("off", "on"),
    ("stop", "up"),
    ("up", "stop"),
    ("on", "down"),
    ("down", "on"),
    ("up", "on"),
    ("on", "up"),
    ("off", "stop"),
    ("stop", "off"),
}

SUBJECTS = ("my sister", "the teacher", "a neighbour", "our old dog", "every child", "somebody", "his uncle")
VERBS = ("likes", "was looking for", "talked about", "forgot", "bought", "wants to see", "has broken", "cleaned")
OBJECTS = (
    "the blue car",
    "a piece of cake",
    "the weather in march",
    "those photographs",
    "a letter from england",
    "the kitchen table",
    "some fresh bread",
    "three little birds",
    "a cup of tea",
    "the garden fence",
    "his new shoes",
)
ENDINGS = (
    "yesterday evening",
    "because it was raining",
    "before breakfast",
    "and nobody noticed",
    "as usual",
    "while we were waiting",
    "in the middle of the week",
    "after a long journey",
    "for the last time",
)


def spoken(words: Sequence[str], each: int, *, split: str, seed: int) -> tuple[Samples, list[str]]:
    """Each word so often, in voices of a split, somewhere in a second of a quiet room; with the word of each clip."""
    random = np.random.default_rng(seed)
    wanted = [_utterance(word, split, random) for word in words for _ in range(each)]
    placing = np.random.RandomState(seed)
    clips = [speech_synthesis.placed(sound, placing) for sound in speech_synthesis.speak(wanted)]
    return np.stack(clips), [one.text for one in wanted]


def running(seconds: int, *, split: str, seed: int) -> Samples:
    """(seconds, 16000) of sentences read by many voices; no command is in them."""
    random = np.random.default_rng(seed)
    parts: list[npt.NDArray[np.int16]] = []

    def sentences() -> list[Utterance]:
        return [
            _utterance(
                " ".join(str(random.choice(part)) for part in (SUBJECTS, VERBS, OBJECTS, ENDINGS)), split, random
            )
            for _ in range(seconds)
        ]

    length = 0
    for sound in speech_synthesis.speak(sentences()):
        gain = random.uniform(-32, -14) - audio.level(sound)
        parts.append(audio.to_int16(audio.with_noise(audio.with_gain(sound, gain), random.uniform(-75, -45))))
        length += len(sound)
        if length >= seconds * audio.WINDOW:
            break
    return np.concatenate(parts)[: seconds * audio.WINDOW].reshape(-1, audio.WINDOW)


def as_found(sounds: Iterable[npt.NDArray[np.int16]]) -> Samples:
    """(N, 16000) the seconds in which a page looks for commands in long sounds."""
    found = []
    for sound in sounds:
        wave = audio.from_int16(sound)
        found += [audio.to_int16(audio.cut(wave, window)) for window in audio.commands(wave)]
    return np.stack(found)


def in_a_row(clips: Samples, seconds: int, *, seed: int) -> npt.NDArray[np.int16]:
    """Clips of single words one after the other, each with a pause of up to half a second after it."""
    random = np.random.default_rng(seed)
    parts: list[npt.NDArray[np.float32]] = []
    count = 0
    while count < seconds * audio.RATE:
        wave = audio.from_int16(clips[random.integers(len(clips))])
        loud = np.flatnonzero(np.abs(wave) > 0.08 * np.abs(wave).max(initial=1e-4))
        word = wave[max(0, loud[0] - 1000) : loud[-1] + 1000] if len(loud) else wave[:1000]
        pause = np.zeros(int(audio.RATE * random.uniform(0, 0.5) ** 2 * 2), np.float32)
        parts += [np.float32(random.uniform(0.02, 0.1)) * word / max(float(word.std()), 1e-4), pause]
        count += len(word) + len(pause)
    sound = audio.with_noise(np.concatenate(parts).astype(np.float32), random.uniform(-70, -45), seed=seed)
    return audio.to_int16(sound[: seconds * audio.RATE])


def pieces(sound: npt.NDArray[np.int16], *, seed: int) -> Iterator[npt.NDArray[np.int16]]:
    """A long sound in pieces of two to ten seconds."""
    random = np.random.default_rng(seed)
    start = 0
    while start + 10 * audio.RATE <= len(sound):
        length = int(audio.RATE * random.uniform(2, 10))
        yield sound[start : start + length]
        start += length


def _utterance(text: str, split: str, random: Random) -> Utterance:
    voice = f"{random.choice(ACCENTS)}+{random.choice(SPEAKERS[split])}"
    pitch = int(np.clip(random.normal(50, 18), 5, 95))
    return Utterance(text.replace("-", " "), voice, rate=int(random.integers(100, 230)), pitch=pitch)


def extent(features: Features) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and last frame of each clip in which something is said: above the middle of its quietest and loudest."""
    level = np.sort(features.astype(np.float32), axis=2)[:, :, -12:].mean(2)  # (N, frames)
    low, high = np.percentile(level, 10, axis=1), level.max(1)
    loud = level > (0.6 * low + 0.4 * high)[:, None]
    return loud.argmax(1), level.shape[1] - 1 - loud[:, ::-1].argmax(1)


def joined(features: Features, names: Sequence[str], commands: Sequence[str], num: int, *, seed: int) -> Features:
    """The beginning of one clip and the end of another, of which at least one holds a command; together they are none.

    Cut in the middle of what is said, with 30 ms of both at the cut.
    """
    random = np.random.default_rng(seed)
    first, last = extent(features)
    of_command = np.flatnonzero(np.isin(names, commands))
    made = np.empty((num, *features.shape[1:]), np.float16)
    count = 0
    while count < num:
        a, b = random.choice(of_command), int(random.integers(len(features)))
        if random.random() < 0.5:
            a, b = b, a
        long = min(last[a] - first[a], last[b] - first[b])
        if names[a] == names[b] or (names[a], names[b]) in SAME_SOUND or long < 15:
            continue
        share = random.uniform(0.4, 0.6)
        cut_a, cut_b = (int(first[one] + share * (last[one] - first[one])) for one in (a, b))
        ending = np.roll(features[b].astype(np.float32), cut_a - cut_b, axis=0)
        if cut_a > cut_b:
            ending[: cut_a - cut_b] = ending[cut_a - cut_b]
        elif cut_a < cut_b:
            ending[cut_a - cut_b :] = ending[cut_a - cut_b - 1]
        louder = np.log(np.exp(features[a].astype(np.float32)).mean() / np.exp(features[b].astype(np.float32)).mean())
        ending += np.clip(louder, -4, 4)
        weight = np.clip((np.arange(features.shape[1]) - cut_a + 1.5) / 3, 0, 1)[:, None]
        made[count] = (1 - weight) * features[a] + weight * np.maximum(ending, -13.8)
        count += 1
    return made


def neighbours(features: Features, num: int, *, seed: int) -> Features:
    """A second of running speech each: the end of one clip of another word, and the beginning of the next."""
    random = np.random.default_rng(seed)
    frames = features.shape[1]
    made = np.empty((num, *features.shape[1:]), np.float16)
    for place in range(num):
        pair = features[random.integers(len(features), size=2)]
        start = int(random.integers(20, 78))
        made[place] = np.concatenate(list(pair))[start : start + frames]
    return made
