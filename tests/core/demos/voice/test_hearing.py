"""Hearing: windows, features and answers of a recording, decisions, and answers for scripts."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from core.data.sound import audio
from core.demos.voice.config import VoiceConfig, classes_of
from core.demos.voice.features import log_mel
from core.demos.voice.hearing import NOTHING, VoiceReader, decide, prepare, read_model, run_reader
from core.demos.voice.learner import make_network
from core.errors import DataUnavailableError, InvalidInputError, InvalidSettingError
from core.knobs import to_json
from tests.support.paths import ROOT
from tests.support.sounds import burst, pop

WORDS = ("go", "stop")
CLASSES = (*WORDS, "unknown", "silence")

SAMPLES = ROOT / "ui" / "demos" / "voice" / "samples"


@pytest.fixture(scope="module")
def reader() -> VoiceReader:
    """An untrained network that leans towards “go”, so that its answers are words."""
    torch.manual_seed(0)
    config = VoiceConfig(words=",".join(WORDS), hidden_size=16)
    network = make_network(config)
    with torch.no_grad():
        network.head.bias[0] += 3.0
    assert classes_of(config) == CLASSES
    return VoiceReader(network, classes=CLASSES)


def test_an_answer_is_the_network_s_own_for_the_marked_second(reader: VoiceReader) -> None:
    samples = burst(1.3)
    hearing = reader.hear(samples)
    (command,) = hearing.commands
    first, last = command.window.seconds
    assert first < 1.3 and last > 1.7 and last - first == pytest.approx(1.0)
    with torch.no_grad():
        features = log_mel(torch.from_numpy(audio.cut(samples, command.window)[None]), num_mels=40)
        expected = reader.network(features).softmax(1)[0]
    assert command.probabilities == pytest.approx(expected.tolist(), abs=1e-4)
    assert command.answer == "go"
    assert command.features.shape == (98, 40)
    assert set(hearing.milliseconds) == {"listen", "interpret", "predict"}


def test_an_answer_of_several_looks_is_their_mean(reader: VoiceReader) -> None:
    features = log_mel(torch.from_numpy(burst(0.3, seconds=1.0)[None]), num_mels=40).numpy()
    looking = VoiceReader(reader.network, classes=CLASSES, looks=(-3, 0, 3))
    earlier, later = features.copy(), features.copy()
    earlier[:, 3:], earlier[:, :3] = features[:, :-3], features[:, :1]
    later[:, :-3], later[:, -3:] = features[:, 3:], features[:, -1:]
    expected = np.mean([reader.from_features(one) for one in (earlier, features, later)], axis=0)
    assert looking.from_features(features) == pytest.approx(expected, abs=1e-5)
    assert looking.from_features(np.repeat(features, 3, 0)) == pytest.approx(np.repeat(expected, 3, 0), abs=1e-5)


def test_several_commands_are_answered_one_after_the_other(reader: VoiceReader) -> None:
    hearing = reader.hear(burst(0.3, 1.2, 2.2))
    starts = [command.window.start for command in hearing.commands]
    assert len(starts) == 3 and starts == sorted(starts)


def test_nothing_is_predicted_from_silence(reader: VoiceReader) -> None:
    hearing = reader.hear(np.zeros(32_000, np.float32))
    assert hearing.commands == ()
    assert hearing.problem is not None and hearing.problem.code == "silence"


def test_what_is_too_quiet_is_answered_with_a_warning(reader: VoiceReader) -> None:
    hearing = reader.hear(audio.with_gain(burst(1.0), -40))
    assert hearing.problem is not None and hearing.problem.code == "quiet"
    assert len(hearing.commands) == 1


def test_the_threshold_and_the_two_last_classes_decide() -> None:
    sure, unsure = np.array([0.1, 0.8, 0.05, 0.05]), np.array([0.45, 0.4, 0.1, 0.05])
    silent, unknown = np.array([0.0, 0.1, 0.1, 0.8]), np.array([0.1, 0.1, 0.7, 0.1])
    said = [decide(row.astype(np.float32), CLASSES, threshold=0.6) for row in (sure, unsure, silent, unknown)]
    assert said == ["stop", "unknown", NOTHING, "unknown"]
    assert decide(unsure.astype(np.float32), CLASSES, threshold=0.4) == "go"


def test_the_inside_of_a_network_fits_its_window(reader: VoiceReader) -> None:
    (command,) = reader.hear(burst(1.0)).commands
    inside = reader.inspect(command.features)
    steps = -(-98 // inside.stride)
    assert inside.states.shape == (steps, 32)
    assert inside.attention is not None and inside.attention.shape == (steps,)
    assert inside.attention.sum() == pytest.approx(1.0, abs=1e-5)
    assert inside.probabilities.shape == (steps, 4)
    assert inside.probabilities.sum(1) == pytest.approx(np.ones(steps), abs=1e-5)


def test_a_file_is_answered_with_its_probabilities_and_its_second(reader: VoiceReader, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, burst(1.3), audio.RATE)
    prepared = prepare(path)
    assert prepared.problem is None
    (answer,) = reader.answer([prepared.value])
    assert answer["answer"] == "go"
    assert set(answer["probabilities"]) == set(CLASSES)
    assert answer["window_seconds"] == pytest.approx([1.0, 2.0], abs=0.1)
    assert "commands" not in answer
    (answer,) = reader.answer([burst(0.3, 1.2)])
    assert [heard["answer"] for heard in answer["commands"]] == ["go", "go"]


def test_a_silent_file_is_answered_nothing_heard(reader: VoiceReader, tmp_path: Path) -> None:
    path = tmp_path / "silence.flac"
    soundfile.write(path, np.zeros(16_000, np.float32), audio.RATE)
    prepared = prepare(path)
    assert prepared.problem.code == "silence"
    (answer,) = reader.answer([prepared.value])
    assert (answer["answer"], answer["probabilities"], answer["window_seconds"]) == (NOTHING, {}, [0.0, 1.0])


def test_a_file_that_is_no_sound_or_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"no sound")
    with pytest.raises(InvalidInputError, match="not a WAV"):
        prepare(path)
    path.write_bytes(bytes(audio.MAX_BYTES + 10))
    with pytest.raises(InvalidInputError, match="too large"):
        prepare(path)


def test_a_model_is_measured_on_the_official_test_set(
    reader: VoiceReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, count in {"go": 3, "stop": 2, "_unknown_": 1, "_silence_": 2}.items():
        (tmp_path / name).mkdir()
        for index in range(count):
            soundfile.write(tmp_path / name / f"{index}.wav", burst(0.2, seconds=1.0), audio.RATE, subtype="PCM_16")
    monkeypatch.setenv("GLASSBOX_DATA", str(tmp_path))
    measured = reader.evaluate()
    assert measured["set"] == "8 clips of the Speech Commands v0.02 12-class test set"
    assert measured["examples"] == 8
    assert measured["accuracy"] == pytest.approx(3 / 8)  # it says “go” to all of them
    assert measured["accuracy_of_each"] == {"go": 1.0, "stop": 0.0, "unknown": 0.0, "silence": 0.0}


def test_a_model_without_a_test_set_says_what_is_missing(reader: VoiceReader) -> None:
    with pytest.raises(DataUnavailableError, match="holds neither"):
        reader.evaluate()


def test_a_model_with_two_answers_of_one_name_is_refused_in_words() -> None:
    saved = {**to_json(VoiceConfig()), "words": "yes,no,unknown"}  # as an earlier version let it be trained
    with pytest.raises(InvalidSettingError, match="two answers of one name among yes, no, unknown, unknown, silence"):
        run_reader(saved, {})


@pytest.mark.parametrize("word", ["go", "yes", "left", "no", "right"])
def test_a_word_is_heard_behind_a_pop_of_the_microphone(word: str) -> None:
    said = audio.read_sound((SAMPLES / f"{word}.ogg").read_bytes(), name=word).samples
    quiet = np.float32(0.06)  # spoken softly from afar: the pop has more energy than the word
    samples = np.concatenate([audio.with_noise(np.zeros(audio.RATE, np.float32), -70), quiet * said])
    first = audio.RATE + int(np.flatnonzero(np.abs(said) > 0.1 * np.abs(said).max())[0])
    samples[first - 8000 : first - 7520] += pop()  # half a second before the word
    assert [command.answer for command in read_model().hear(samples).commands] == [word]
