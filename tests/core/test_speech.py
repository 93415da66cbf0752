"""The speech that the Voice demo learns from: spoken by a program, from folders, and the user's own words."""

import os
import shutil
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from core import demos, kept
from core.contract import Checkpointed
from core.data import registry
from core.data.fetch.archive import Archives
from core.data.sound import audio, own_words, speech, speech_folders, speech_synthesis
from core.demos.voice.config import VoiceConfig
from core.demos.voice.learner import settle
from core.errors import DataUnavailableError, InvalidInputError, InvalidSettingError, NotFoundError
from core.experiments.classical.config import ClassicalVoiceConfig
from core.knobs import from_json
from core.runs.store import open_store
from core.service import launch
from core.training.fits import fit_all

MAJA, WILLI = "0" * 32, "1" * 32  # owners


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch, glassbox_home: Path) -> None:
    """Three training clips of each word, and only four words that are unknown."""
    monkeypatch.setattr(speech, "NUM_SYNTHETIC", 3)
    monkeypatch.setattr(speech, "CORE_WORDS", ("yes", "no"))
    monkeypatch.setattr(speech, "OTHER_WORDS", ("cat", "dog"))


def known_by(monkeypatch: pytest.MonkeyPatch, name: str, words: tuple[str, ...]) -> None:
    """A recorded set counts as being here with these words alone."""
    full = registry.find(name)
    assert isinstance(full.origin, Archives)
    monkeypatch.setitem(registry.SETS, name, replace(full, origin=replace(full.origin, contents=words)))


def word_like(seed: int = 0, *, start: float = 0.3) -> audio.Wave:
    """A second with a tone of 0.4 s in a little noise."""
    samples = (np.random.default_rng(seed).standard_normal(audio.WINDOW) * 1e-3).astype(np.float32)
    first = round(start * audio.RATE)
    samples[first : first + 6400] += 0.2 * np.sin(np.arange(6400) * (0.1 + 0.01 * seed)).astype(np.float32)
    return samples


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


def sizes_of(loaded: speech.SpeechSet) -> tuple[int, int, int]:
    return len(loaded.train_waves), len(loaded.validation_waves), len(loaded.test_waves)


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


@pytest.mark.parametrize(
    "word", ["unknown", "silence", "Unknown", "un known", "ＵＮＫＮＯＷＮ", "si-lence", "Nothing heard"]
)
def test_no_word_may_be_named_as_an_answer_that_every_network_has(word: str, glassbox_home: Path) -> None:
    with pytest.raises(InvalidInputError, match="every network has an answer of that name"):
        own_words.check_word(word)
    place = glassbox_home / "speech" / "own" / word.encode().hex()  # as an earlier version may have kept it
    place.mkdir(parents=True)
    for split in ("train", "train", "train", "test", "validation"):
        np.save(place / f"{len(list(place.iterdir())):020d}-{split}.npy", np.zeros(16_000, np.int16))
    assert own_words.ready() == ()
    with pytest.raises(InvalidSettingError, match="cannot be a word to learn"):
        speech.require("own_words", ("yes", word))


def test_a_word_that_sounds_like_a_known_one_needs_no_recordings() -> None:
    with pytest.raises(InvalidInputError, match="needs no recordings"):
        own_words.check_word("ＹＥＳ", taken=("yes",))
    assert own_words.check_word("nö", taken=("no",)) == "nö"


@pytest.mark.usefixtures("few_words")
def test_an_own_word_of_five_recordings_becomes_a_class() -> None:
    for index in range(5):
        assert own_words.ready() == ()
        own_words.add("maja", word_like(index), owner=MAJA)
    assert own_words.words() == {"maja": 5}
    assert own_words.ready() == ("maja",)
    loaded = speech.load("own_words", ("yes", "maja", "no"))
    assert loaded.classes == ("yes", "maja", "no", "unknown", "silence")
    assert np.bincount(loaded.train_labels)[:3].tolist() == [3, 3 * speech.OWN_COPIES, 3]
    assert np.bincount(loaded.test_labels)[:3].tolist() == [1, 1, 1]
    assert np.array_equal(loaded.test_waves[loaded.test_labels == 1][0], own_words.clips("maja", "test")[0])
    assert np.array_equal(loaded.test_waves[0], speech.load("synthetic_speech", ("yes", "no")).test_waves[0])
    assert (np.bincount(loaded.train_labels) > 0).all()
    assert speech.sizes("own_words", ("yes", "maja", "no")) == sizes_of(loaded)


@pytest.mark.usefixtures("few_words")
def test_own_words_without_enough_recordings_are_named() -> None:
    own_words.add("maja", word_like(), owner=MAJA)
    with pytest.raises(DataUnavailableError, match=r"“maja” has too few recordings .* at least 5"):
        speech.load("own_words", ("yes", "no", "maja"))
    with pytest.raises(DataUnavailableError, match="no word of your own"):
        speech.load("own_words", ("yes", "no"))


@pytest.mark.usefixtures("glassbox_home")
def test_a_recording_is_for_one_split_for_ever_and_a_deleted_one_must_be_made_up_for() -> None:
    for index in range(6):
        own_words.add("maja", word_like(index), owner=MAJA)
    before = {example.id: example.split for example in own_words.examples("maja")}
    assert sorted(before.values()) == ["test", "train", "train", "train", "train", "validation"]
    held_out = next(name for name, split in before.items() if split == "test")
    own_words.delete("maja", held_out)
    assert own_words.lacking("maja") == 1 and own_words.ready() == ()  # five are left, but none to test with
    new = own_words.add("maja", word_like(7), owner=MAJA)
    assert new.split == "test" and own_words.ready() == ("maja",)
    after = {example.id: example.split for example in own_words.examples("maja")}
    assert after == {**{name: split for name, split in before.items() if name != held_out}, new.id: "test"}


@pytest.mark.usefixtures("glassbox_home")
def test_own_recordings_are_listed_and_deleted() -> None:
    kept = [own_words.add("hö", word_like(index), owner=MAJA) for index in range(2)]
    assert [example.id for example in own_words.examples("hö")] == [example.id for example in kept]
    own_words.delete("hö", kept[0].id)
    assert own_words.words() == {"hö": 1}
    with pytest.raises(NotFoundError):
        own_words.delete("hö", kept[0].id)
    with pytest.raises(NotFoundError):
        own_words.delete("hö", "../../x")
    own_words.delete_word("hö")
    assert own_words.words() == {}


@pytest.mark.usefixtures("glassbox_home")
def test_of_twelve_recordings_at_once_every_split_gets_its_share() -> None:
    start = threading.Barrier(12)

    def add(index: int) -> None:
        start.wait()
        own_words.add("maja", word_like(index), owner=MAJA)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(add, range(12)))
    splits = Counter(example.split for example in own_words.examples("maja"))
    assert splits == {"train": 8, "test": 2, "validation": 2}


def test_recordings_of_before_owners_are_learned_from_and_heard_by_nobody(glassbox_home: Path) -> None:
    place = glassbox_home / "speech" / "own" / b"maja".hex()
    place.mkdir(parents=True)
    for index, split in enumerate(("train", "train", "train", "test", "validation")):
        np.save(place / f"{index:020d}-{split}.npy", np.full(16_000, index, np.int16))
    assert own_words.ready() == ("maja",)
    assert own_words.clips("maja", "train")[:, 0].tolist() == [0, 1, 2]
    assert not any(example.is_of(owner) for example in own_words.examples("maja") for owner in (MAJA, ""))
    assert not own_words.may_hear("maja", own_words.clips("maja", "test")[0], owner=MAJA)
    own_words.delete_word("maja")
    own_words.bring_back("maja")
    assert own_words.words() == {"maja": 5}


@pytest.mark.usefixtures("glassbox_home")
def test_a_recording_may_be_heard_by_whoever_made_it() -> None:
    mine, other = (own_words.add("maja", word_like(i), owner=who) for i, who in enumerate((MAJA, WILLI)))
    clip = own_words.sound("maja", mine)
    assert mine.is_of(MAJA) and not other.is_of(MAJA)
    assert not own_words.add("maja", word_like(2), owner="").is_of("")  # browsers without cookies are all the same
    assert own_words.may_hear("maja", clip, owner=MAJA) and not own_words.may_hear("maja", clip, owner=WILLI)
    assert MAJA not in mine.id  # whoever sees the file does not learn the cookie


def test_deleting_is_undone_step_by_step_until_the_day_is_over(glassbox_home: Path) -> None:
    kept = [own_words.add("maja", word_like(index), owner=MAJA) for index in range(3)]
    own_words.delete("maja", kept[1].id)
    own_words.delete_word("maja")
    assert (own_words.words(), own_words.deleted()) == ({}, {"maja": 2})
    own_words.bring_back("maja")
    assert (own_words.words(), own_words.deleted()) == ({"maja": 2}, {"maja": 1})
    own_words.bring_back("maja")
    assert own_words.examples("maja") == kept and own_words.deleted() == {}
    with pytest.raises(NotFoundError, match="nothing to bring back any more"):
        own_words.bring_back("maja")

    own_words.delete_word("maja")
    own_words.purge()
    assert own_words.deleted() == {"maja": 3}
    own_words.purge(older_than=0.0)
    assert own_words.deleted() == {}
    assert [path.name for path in (glassbox_home / "speech" / "own").iterdir()] == [".lock"]


def test_of_very_many_deleted_recordings_the_oldest_are_gone_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_words, "MAX_DELETED", 2)
    kept = [own_words.add("maja", word_like(index), owner=MAJA) for index in range(3)]
    for example in kept:
        own_words.delete("maja", example.id)
    own_words.bring_back("maja")
    own_words.bring_back("maja")
    assert own_words.examples("maja") == kept[1:]


def test_a_recording_that_has_changed_on_the_disk_is_not_learned_from(glassbox_home: Path) -> None:
    example = own_words.add("maja", word_like(), owner=MAJA)
    path = next(glassbox_home.rglob("*.npy"))
    whole = path.read_bytes()
    for content in (whole[:-2] + b"xy", whole[:100], b"", b"\x93NUMPY"):
        path.write_bytes(content)
        with pytest.raises(
            DataUnavailableError, match=r"recording of “maja” has changed on the disk .* record it again"
        ):
            own_words.clips("maja", example.split)
    path.rename(path.with_name("00000000000000000007-train.npy"))  # as a version before named it, without a hash
    with pytest.raises(DataUnavailableError, match="has changed on the disk"):
        own_words.clips("maja", "train")


def test_what_else_lies_among_own_words_is_passed_over(glassbox_home: Path) -> None:
    own_words.add("maja", word_like(), owner=MAJA)
    folder = glassbox_home / "speech" / "own"
    for name in ("notes", "cafe", "0"):
        (folder / name).mkdir()
    (folder / "file").write_text("mine")
    np.save(folder / b"maja".hex() / "copy of 1.npy", np.zeros(3))
    assert own_words.words() == {"maja": 1} and len(own_words.examples("maja")) == 1


@pytest.mark.usefixtures("glassbox_home")
@pytest.mark.parametrize("text", ["", "  ", "a" * 21, "../etc", "stop", "unknown", "9"])
def test_a_word_that_cannot_be_learned_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        own_words.check_word(text, taken=("stop",))
    assert own_words.check_word("  Hey   Maja ") == "hey maja"


@pytest.mark.usefixtures("glassbox_home")
def test_recordings_that_would_teach_nothing_are_not_kept() -> None:
    loud = np.clip(word_like() * 20, -1, 1)
    twice = np.concatenate([word_like(), word_like()])
    for samples, said in ((np.zeros(16_000, np.float32), "silence"), (loud, "clipping"), (twice, "More than one")):
        with pytest.raises(InvalidInputError, match=said):
            own_words.add("maja", samples, owner=MAJA)
    assert own_words.words() == {}


@pytest.mark.usefixtures("few_words")
def test_a_run_learns_from_the_recordings_of_its_start_whatever_is_added_or_deleted_later() -> None:
    for index in range(5):
        own_words.add("maja", word_like(index), owner=MAJA)
    config = settle(VoiceConfig(data="own_words", words="yes,no,maja"))
    words = ("yes", "no", "maja")
    before = speech.load("own_words", words, config.recordings)
    added = [own_words.add("maja", word_like(index), owner=WILLI) for index in range(5, 10)]
    after = speech.load("own_words", words, config.recordings)
    assert np.array_equal(before.train_waves, after.train_waves) and np.array_equal(before.test_waves, after.test_waves)
    assert speech.sizes("own_words", words, config.recordings) == sizes_of(before)
    assert len(speech.load("own_words", words).train_waves) == len(before.train_waves) + 3 * speech.OWN_COPIES
    assert settle(config).recordings != config.recordings  # a clone learns from what there is now

    own_words.delete("maja", added[0].id)
    speech.require("own_words", words, config.recordings)
    own_words.delete("maja", own_words.examples("maja")[0].id)
    with pytest.raises(DataUnavailableError, match=r"Recordings of “maja” that this run learns from were deleted"):
        speech.require("own_words", words, config.recordings)
    own_words.bring_back("maja")
    assert np.array_equal(speech.load("own_words", words, config.recordings).train_waves, before.train_waves)


@pytest.mark.usefixtures("few_words")
def test_classical_methods_too_learn_from_the_recordings_of_their_start() -> None:
    for index in range(5):
        own_words.add("maja", word_like(index), owner=MAJA)
    task = demos.task("classical_voice")
    wanted = ClassicalVoiceConfig(data="own_words", words="yes,no,maja", methods="neighbours", features="clip")
    config = from_json(task.Config, launch.start(open_store().book, task, wanted, owner="ada").config)[0]
    assert config.recordings == settle(VoiceConfig(data="own_words", words=config.words)).recordings
    before = task.load(config)
    for index in range(5, 10):
        own_words.add("maja", word_like(index), owner=WILLI)
    assert len(task.load(wanted).train) == len(before.train) + 3 * speech.OWN_COPIES
    after = task.load(config)
    for split in speech.SPLITS:
        one, other = getattr(before, split), getattr(after, split)
        assert one.name == other.name
        assert np.array_equal(one.inputs, other.inputs) and np.array_equal(one.targets, other.targets)
    told = [
        [
            event
            for event in fit_all(task, config, data, fitter=task.fitter(config, data), phases=(1,))
            if not isinstance(event, Checkpointed)
        ]
        for data in (before, after)  # at the start, and as after a resume
    ]
    assert told[0] == told[1]
    assert told[0][-1].reason == "completed"
    assert task.settle(wanted).recordings != config.recordings  # another run learns from what there is now
    assert task.settle(config) == config  # methods beside a network learn from its recordings

    first = own_words.examples("maja", config.recordings)[0]
    own_words.delete("maja", first.id)
    for use in (task.check, task.load):
        with pytest.raises(DataUnavailableError, match=r"Recordings of “maja” that this run learns from were deleted"):
            use(config)
    own_words.bring_back("maja")
    task.check(config)
    next(own_words._place("maja").glob(f"{first.id}.npy")).write_bytes(b"another one")
    with pytest.raises(DataUnavailableError, match=r"recording of “maja” has changed on the disk"):
        task.load(config)


def test_an_old_recording_that_changes_after_the_start_of_a_run_is_noticed(glassbox_home: Path) -> None:
    place = glassbox_home / "speech" / "own" / b"maja".hex()
    place.mkdir(parents=True)
    np.save(place / f"{1:020d}-train.npy", np.zeros(16_000, np.int16))
    recordings = own_words.pinned(["maja"])
    np.save(place / f"{1:020d}-train.npy", np.ones(16_000, np.int16))
    with pytest.raises(DataUnavailableError, match="has changed on the disk"):
        own_words.clips("maja", "train", recordings)
    (glassbox_home / "speech" / "pinned" / f"{recordings}.json").write_text("{}")
    with pytest.raises(DataUnavailableError, match=r"has changed on the disk .* Clone the run"):
        own_words.examples("maja", recordings)
