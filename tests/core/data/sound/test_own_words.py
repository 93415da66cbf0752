"""The user's own words: recorded, kept, deleted, brought back, and learned from as they were at the start of a run."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core import demos
from core.contract import Checkpointed
from core.data.sound import own_words, speech
from core.demos.voice.config import VoiceConfig
from core.demos.voice.learner import settle
from core.errors import DataUnavailableError, InvalidInputError, InvalidSettingError, NotFoundError
from core.experiments.classical.config import ClassicalVoiceConfig
from core.knobs import from_json
from core.runs.store import open_store
from core.service import launch
from core.training.fits import fit_all
from tests.support.sounds import sizes_of, word_like

MAJA, WILLI = "0" * 32, "1" * 32  # owners


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
