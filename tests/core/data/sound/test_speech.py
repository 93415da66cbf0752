"""The speech that the Voice demo learns from: spoken by a program, from folders, and the user's own words."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from core import kept
from core.data.sound import audio, speech, speech_folders, speech_synthesis
from core.errors import DataUnavailableError, InvalidSettingError, NotFoundError
from tests.support.sounds import sizes_of, word_like
from tests.support.speech_sets import known_by, write_set


def test_a_voice_says_a_word_that_is_neither_silent_nor_longer_than_a_second() -> None:
    (stop,) = speech_synthesis.speak([speech_synthesis.Utterance("stop", "en-us+f2", 150, 50)])
    assert 0.25 < len(stop) / audio.RATE < 0.9
    assert audio.level(stop) > -40


def test_speech_is_the_same_each_time_and_other_voices_sound_different() -> None:
    plan = speech_synthesis.plan("go", "train", 3)
    first, again = list(speech_synthesis.speak(plan)), list(speech_synthesis.speak(plan))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0][:3000], first[1][:3000])


def test_voices_with_breath_in_them_sound_the_same_at_any_time() -> None:
    breathy = [
        speech_synthesis.Utterance("no", f"en-us+{speaker}", 160, 50) for speaker in ("f2", "f3", "Alicia", "f5")
    ]
    first = list(speech_synthesis.speak(breathy))
    time.sleep(1.1)  # eSpeak NG would take the second of the day for the seed of its noise
    again = list(speech_synthesis.speak(breathy))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_no_synthetic_speaker_is_in_two_splits_and_all_exist() -> None:
    speakers = [speaker for split in speech_synthesis.SPLITS for speaker in speech_synthesis.SPEAKERS[split]]
    assert len(set(speakers)) == len(speakers)
    everyone = [speech_synthesis.Utterance("a", f"en-us+{speaker}", 160, 50) for speaker in speakers]
    accents = [speech_synthesis.Utterance("a", accent, 160, 50) for accent in speech_synthesis.ACCENTS]
    assert all(len(sound) > 100 for sound in speech_synthesis.speak(everyone + accents))


def test_an_unknown_voice_ends_with_an_error_for_people() -> None:
    with pytest.raises(DataUnavailableError, match="cannot speak here"):
        list(speech_synthesis.speak([speech_synthesis.Utterance("a", "no-such-voice", 160, 50)]))


@pytest.mark.usefixtures("few_words")
def test_the_synthetic_set_has_every_class_in_every_split_and_is_kept() -> None:
    assert not speech.synthetic_is_here(("yes", "no"))
    made = speech.load("synthetic_speech", ("yes", "no"))
    assert made.classes == ("yes", "no", "unknown", "silence")
    for split, each in (("train", 3), ("validation", 1), ("test", 1)):
        waves, labels = getattr(made, f"{split}_waves"), getattr(made, f"{split}_labels")
        assert waves.shape == (len(labels), 16_000) and waves.dtype == np.int16
        counts = np.bincount(labels, minlength=4)
        assert counts[:2].tolist() == [each, each]
        assert (counts > 0).all()
    assert speech.sizes("synthetic_speech", ("yes", "no")) == sizes_of(made)
    assert speech.synthetic_is_here(("yes", "no"))
    again = speech.load("synthetic_speech", ("yes", "no"))
    assert np.array_equal(again.train_waves, made.train_waves)


@pytest.mark.usefixtures("glassbox_home")
def test_making_speech_reports_progress_and_can_be_stopped() -> None:
    seen: list[tuple[int, int]] = []
    stopped = speech_synthesis.make(
        [("go", 4)], progress=lambda *at: seen.append(at), should_stop=lambda: len(seen) > 2
    )
    assert not stopped and not speech_synthesis.path_of("go", 4).exists()
    assert speech_synthesis.make([("go", 4)], progress=lambda *at: seen.append(at), should_stop=lambda: False)
    assert seen[0] == (0, 6) and seen[-1] == (6, 6)


def flipped(whole: bytes) -> bytes:
    return whole[:-1000] + bytes([whole[-1000] ^ 1]) + whole[-999:]


DAMAGE = {
    "flipped": flipped,
    "cut off": lambda whole: whole[: len(whole) // 2],
    "empty": lambda whole: b"",
    "of another version": lambda whole: whole[:-32],
}


def damage(path: Path, how: str) -> None:
    """Change a file as a failing disk does: it looks the same from outside, and another process opens it."""
    times = path.stat()
    path.write_bytes(DAMAGE[how](path.read_bytes()))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    kept._ends_with_its_hash.cache_clear()


@pytest.mark.usefixtures("few_words")
@pytest.mark.parametrize("how", DAMAGE)
def test_damaged_synthetic_speech_is_noticed_and_made_again(how: str, caplog: pytest.LogCaptureFixture) -> None:
    before = speech.load("synthetic_speech", ("yes", "no"))
    was = {split: np.array(getattr(before, f"{split}_waves")) for split in speech.SPLITS}
    path = speech_synthesis.path_of("no", 3)
    damage(path, how)
    after = speech.load("synthetic_speech", ("yes", "no"))
    assert [record.getMessage() for record in caplog.records] == [f"{path} is not what was kept, and is made again."]
    assert all(np.array_equal(getattr(after, f"{split}_waves"), was[split]) for split in speech.SPLITS)
    caplog.clear()
    speech.load("synthetic_speech", ("yes", "no"))
    assert caplog.records == []


@pytest.fixture
def small_set(glassbox_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mini set of three words, and where it is decoded to."""
    known_by(monkeypatch, "mini_speech_commands", ("go", "stop", "up"))
    write_set(glassbox_home / "data" / "mini_speech_commands", ("go", "stop", "up"))
    return glassbox_home / "speech" / "decoded"


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("name", ["train_waves", "test_waves", "validation_labels"])
def test_a_damaged_decoded_set_is_noticed_and_decoded_again(
    name: str, how: str, small_set: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = speech.load("mini_speech_commands", ("go", "stop"))
    was = np.array(getattr(before, name))
    (place,) = small_set.iterdir()
    if name == "validation_labels":
        (place / f"{name}.npy").write_bytes((place / f"{name}.npy").read_bytes() + bytes(1000))
    damage(place / f"{name}.npy", how)
    after = speech.load("mini_speech_commands", ("go", "stop"))
    assert [record.getMessage() for record in caplog.records] == [f"{place} is not what was kept, and is made again."]
    assert np.array_equal(getattr(after, name), was)
    caplog.clear()
    speech.load("mini_speech_commands", ("go", "stop"))
    assert caplog.records == []


def test_what_a_killed_process_left_half_decoded_is_removed(small_set: Path) -> None:
    speech.load("mini_speech_commands", ("go", "stop"))
    (place,) = small_set.iterdir()
    for left_over in (f"{place.name}.part", f"{place.name}.123.part"):
        place.rename(small_set / left_over)
        (small_set / left_over / ".train_waves.npy.0123.part").write_bytes(b"half")
        loaded = speech.load("mini_speech_commands", ("go", "stop"))
        assert np.bincount(loaded.test_labels).tolist() == [4, 4, 4, 4]
        assert list(small_set.iterdir()) == [place]
        assert sorted(path.name for path in place.iterdir()) == sorted(
            f"{split}_{kind}.npy" for split in speech.SPLITS for kind in ("waves", "labels")
        )


def test_decoding_that_ends_half_way_leaves_nothing(small_set: Path) -> None:
    folder = small_set.parents[1] / "data" / "mini_speech_commands"
    last = speech_folders.listed(folder, ("go", "stop", "up"))["test"]["stop"][-1]
    last.write_bytes(b"no sound")
    with pytest.raises(DataUnavailableError, match="damaged"):
        speech.load("mini_speech_commands", ("go", "stop"))
    assert list(small_set.iterdir()) == []


def test_a_set_that_many_ask_for_at_once_is_decoded_once(small_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded, real = [], speech._decode

    def decode(*arguments: Any) -> None:
        decoded.append(arguments)
        real(*arguments)

    monkeypatch.setattr(speech, "_decode", decode)
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(lambda _: speech.load("mini_speech_commands", ("go", "stop")), range(4)))
    assert len(decoded) == 1
    assert all(np.array_equal(one.train_waves, loaded[0].train_waves) for one in loaded)


def test_a_set_of_more_clips_than_are_decoded_together_is_the_same(
    small_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = speech.load("mini_speech_commands", ("go", "stop"))
    was = {split: np.array(getattr(whole, f"{split}_waves")) for split in speech.SPLITS}
    shutil.rmtree(small_set)
    monkeypatch.setattr(speech, "DECODED_TOGETHER", 5)
    again = speech.load("mini_speech_commands", ("go", "stop"))
    assert all(np.array_equal(getattr(again, f"{split}_waves"), was[split]) for split in speech.SPLITS)


def test_a_file_is_split_by_its_speaker_as_the_publisher_does() -> None:
    assert speech_folders.split_of("0a7c2a8d_nohash_0.wav") == speech_folders.split_of("0a7c2a8d_nohash_4.wav")
    # from the official lists of v0.02
    assert speech_folders.split_of("bed/026290a7_nohash_0.wav") == "validation"
    assert speech_folders.split_of("bed/0c40e715_nohash_0.wav") == "test"
    assert speech_folders.split_of("bed/00176480_nohash_0.wav") == "train"


def test_the_mini_set_is_read_from_its_folder(glassbox_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known_by(monkeypatch, "mini_speech_commands", ("go", "stop", "up"))
    write_set(glassbox_home / "data" / "mini_speech_commands", ("go", "stop", "up"))
    loaded = speech.load("mini_speech_commands", ("go", "stop"))
    assert np.bincount(loaded.test_labels).tolist() == [4, 4, 4, 4]
    expected = audio.to_int16(word_like(0)[:15_000])
    first = np.asarray(loaded.train_waves[0])
    assert np.abs(first[:15_000].astype(int) - expected).max() <= 1
    assert not first[15_000:].any()
    again = speech.load("mini_speech_commands", ("go", "stop"))
    assert np.array_equal(again.train_waves, loaded.train_waves)


def test_the_lists_of_the_full_set_decide_its_splits(glassbox_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known_by(monkeypatch, "speech_commands", ("go", "stop"))
    folder = glassbox_home / "data" / "speech_commands_v0.02"
    write_set(folder, ("go", "stop", "cat"))
    names = sorted(path.name for path in (folder / "go").iterdir())
    (folder / "validation_list.txt").write_text("".join(f"{word}/{names[0]}\n" for word in ("go", "stop", "cat")))
    (folder / "testing_list.txt").write_text("".join(f"{word}/{names[1]}\n" for word in ("go", "stop", "cat")))
    (folder / "_background_noise_").mkdir()
    noise = (np.random.default_rng(0).standard_normal(200_000) * 0.1).astype(np.float32)
    soundfile.write(folder / "_background_noise_" / "tap.wav", noise, audio.RATE, subtype="PCM_16")
    loaded = speech.load("speech_commands", ("go", "stop"))
    assert np.bincount(loaded.validation_labels).tolist() == [1, 1, 1, 1]
    assert np.bincount(loaded.train_labels)[:2].tolist() == [10, 10]
    waves, labels, name = speech.test_clips(("go", "stop"))
    assert (len(waves), labels.tolist()) == (4, [0, 1, 2, 3])
    assert name == "4 clips of the test split in speech_commands_v0.02"


def test_the_official_test_set_is_read_from_either_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "speech_commands_test_set_v0.02"
    for name, count in {"go": 2, "stop": 1, "_unknown_": 3, "_silence_": 1}.items():
        (folder / name).mkdir(parents=True)
        for index in range(count):
            soundfile.write(folder / name / f"{index}.wav", word_like(index), audio.RATE, subtype="PCM_16")
    for data in (tmp_path, folder):
        monkeypatch.setenv("GLASSBOX_DATA", str(data))
        waves, labels, name = speech.test_clips(("go", "stop"))
        assert waves.shape == (7, 16_000)
        assert labels.tolist() == [0, 0, 1, 2, 2, 2, 3]
        assert name == "7 clips of the Speech Commands v0.02 12-class test set"


def test_what_is_not_here_or_damaged_is_said(glassbox_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataUnavailableError, match=r"speech_commands_v0\.02 lacks yes, no"):
        speech.load("speech_commands")
    with pytest.raises(DataUnavailableError, match="holds neither"):
        speech.test_clips()
    with pytest.raises(NotFoundError, match="no data set “x”"):
        speech.load("x")
    with pytest.raises(InvalidSettingError, match="at least two"):
        speech.load("synthetic_speech", ("go",))
    with pytest.raises(InvalidSettingError, match="leave one out"):
        speech.load("synthetic_speech", (*speech.CORE_WORDS, *speech.OTHER_WORDS))
    known_by(monkeypatch, "mini_speech_commands", ("go", "stop"))
    folder = glassbox_home / "data" / "mini_speech_commands"
    write_set(folder, ("go", "stop", "up"))
    with pytest.raises(InvalidSettingError, match="has no “on”"):
        speech.load("mini_speech_commands", ("go", "on"))
    next((folder / "go").iterdir()).write_bytes(b"no sound")
    with pytest.raises(DataUnavailableError, match="damaged"):
        speech.load("mini_speech_commands", ("go", "stop"))
    assert not [path for path in (glassbox_home / "speech").glob("decoded/*") if path.suffix != ".part"]


def test_a_recorded_set_without_a_word_for_unknown_is_refused(glassbox_home: Path) -> None:
    folder = glassbox_home / "data" / "mini_speech_commands"
    write_set(folder, speech.MINI_WORDS, per_split=1)
    with pytest.raises(InvalidSettingError, match="leave one out to stand for “unknown”"):
        speech.load("mini_speech_commands", speech.MINI_WORDS)
    for path in (folder / "go").iterdir():
        path.unlink()
    others = tuple(word for word in speech.MINI_WORDS if word != "go")
    with pytest.raises(DataUnavailableError, match=r"none would stand for “unknown”. Leave one of these words out"):
        speech.require("mini_speech_commands", others)
    with pytest.raises(DataUnavailableError, match="has no clip of “go”"):
        speech.require("mini_speech_commands", ("go", "stop"))
    assert np.bincount(speech.load("mini_speech_commands", others[:-1]).train_labels).tolist() == [1] * 6 + [1, 1]


@pytest.mark.parametrize(
    ("source", "words", "classes"),
    [
        ("mini_speech_commands", speech.MINI_WORDS, 8 + 0 + 1),  # all eight and silence: no word is left
        ("mini_speech_commands", speech.MINI_WORDS[:7], 7 + 1 + 1),
        ("mini_speech_commands", speech.MINI_WORDS[:6], 6 + 2 + 1),
        ("speech_commands", speech.CORE_WORDS, 10 + 2 + 1),
    ],
)
def test_a_size_counts_as_unknown_only_clips_that_there_are(source: str, words: tuple[str, ...], classes: int) -> None:
    assert speech.sizes(source, words)[0] == classes * speech.CLIPS_A_WORD[source][0]
