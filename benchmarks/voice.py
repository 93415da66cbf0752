"""Server time from a recording to its answer by the release model of Voice, and seconds to teach it a word."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks import cold_run, machine
from benchmarks.results import Figure, Findings, Options, percentile
from core import demos
from core.data.sound import audio, own_words, speech
from core.data.sound.speech_synthesis import Utterance, speak
from core.demos.voice.config import VoiceConfig
from core.demos.voice.hearing import VoiceReader, read_model
from core.plots.probabilities import probabilities_sentence, probability_bars

TITLE = "Voice: from a recording to its answer, and a new word"
METHOD = (
    "One thread, the functions that the page calls: a WAV file as the browser sends it to samples, the search for "
    "commands, log-mel features, the release model, the bars with their sentence, as JSON that leaves for the browser. "
    "Recordings of 3 s hold one synthetic word. The real-time factor is that of a recording of 30 s with a word every "
    "2 s, by its duration. Teaching: from the click, with no worker waiting, to the completed run with its test "
    "accuracy, for one new word of five synthetic recordings beside the ten words of the release model; the synthetic "
    "speech that it repeats is there already."
)
WORDS, NEW_WORD = ("stop", "left", "yes", "down", "go"), "banana"
SECONDS, LONG_SECONDS = 3, 30
REPEATS, RECORDINGS, WARM_UP = 3, 100, 10
VOICES = ("en-us+m1", "en-us+f2", "en-gb-x-rp+m3", "en+f3", "en-us-nyc+m5")


def answer(reader: VoiceReader, file: bytes) -> None:
    """From a file to the figure as JSON."""
    hearing = reader.hear(audio.read_sound(file, name="recording.wav").samples)
    for command in hearing.commands:
        probability_bars(reader.classes, command.probabilities, dark=False).to_json()
        probabilities_sentence(reader.classes, command.probabilities)


def measure(options: Options) -> Findings:
    """p50 and p95 of some recordings, several times; the same for long ones; and teaching."""
    machine.limit(options.threads)
    import torch

    torch.set_num_threads(1)  # as the web process does
    reader = read_model()
    spoken = _spoken([Utterance(word, voice, 150, 50) for word in WORDS for voice in VOICES])
    short = [audio.write_wav(_recording([sound], SECONDS)) for sound in spoken]
    long = audio.write_wav(_recording(spoken[: LONG_SECONDS // 2], LONG_SECONDS))
    seeds = range(options.repeats or REPEATS)
    times, factors, learned, right = [], [], [], []
    with _home():
        config = _teaching()
        for seed in seeds:
            for file in short[:WARM_UP]:
                answer(reader, file)
            times.append([_milliseconds(reader, short[index % len(short)]) for index in range(RECORDINGS)])
            factors.append(_milliseconds(reader, long) / (1000 * LONG_SECONDS))
            seconds, metrics = cold_run.measure("voice", VoiceConfig(**{**config, "seed": seed}))
            learned.append(seconds)
            right.append(metrics["accuracy"])
    return Findings(
        [
            Figure("Recording of 3 s to figure, p50", [percentile(ms, 50) for ms in times], "ms", "at most 30 ms"),
            Figure("Recording of 3 s to figure, p95", [percentile(ms, 95) for ms in times], "ms"),
            Figure("Real-time factor, 30 s", factors, "", digits=4),
            Figure("Teaching a word, from the click", learned, "s", "at most 30 s"),
            Figure("Test accuracy after it, synthetic and own clips", right, "%"),
        ],
        list(seeds),
        [f"Each value of the first two rows is a percentile of {RECORDINGS} recordings."],
    )


def _milliseconds(reader: VoiceReader, file: bytes) -> float:
    start = time.perf_counter()
    answer(reader, file)
    return 1000 * (time.perf_counter() - start)


def _spoken(utterances: list[Utterance]) -> list[audio.Wave]:
    """Words at the level of a person near a microphone."""
    return [sound / np.abs(sound).max() * 0.4 for sound in speak(utterances)]


def _recording(words: list[audio.Wave], seconds: int) -> audio.Wave:
    """Words at equal distances in the noise of a quiet room."""
    samples = np.random.default_rng(0).normal(0, 1e-3, seconds * audio.RATE).astype(np.float32)
    for index, word in enumerate(words):
        start = index * len(samples) // len(words) + audio.RATE // 4
        samples[start : start + len(word)] += word[: len(samples) - start]
    return samples


@contextmanager
def _home() -> Iterator[None]:
    """An empty home of the studio, for this process and its workers."""
    before = os.environ.get("GLASSBOX_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GLASSBOX_HOME"] = str(Path(folder) / "home")
        try:
            yield
        finally:
            os.environ.pop("GLASSBOX_HOME")
            if before is not None:
                os.environ["GLASSBOX_HOME"] = before


def _teaching() -> dict[str, object]:
    """Make the synthetic speech, keep five recordings of a new word; the settings of the preset that teaches it."""
    for sound in _spoken([Utterance(NEW_WORD, voice, 150, 50) for voice in VOICES]):
        own_words.add(NEW_WORD, _recording([sound], 2), owner="benchmark")
    speech.load("synthetic_speech")
    preset = next(one for one in demos.training("voice").presets if one.name == "own_words")
    return {**preset.values, "words": ",".join((*speech.CORE_WORDS, NEW_WORD))}
