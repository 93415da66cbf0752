"""What people gave to an earlier version opens today, says what it said then, and is not kept a second time."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data.pictures import picture_set
from core.data.sound import audio, own_words
from core.data.text import table

# Written by the code of commit 5b80b30, one recording as versions before it did; told.json is what that code read.
OLD = Path(__file__).parents[2] / "data" / "own-5b80b30"
TOLD: dict[str, Any] = json.loads((OLD / "told.json").read_text(encoding="utf-8"))
WRITTEN = 1_795_959_624_300_000_000  # ns


@pytest.fixture
def home(glassbox_home: Path) -> Path:
    shutil.copytree(OLD, glassbox_home, dirs_exist_ok=True)
    return glassbox_home


def files(home: Path) -> dict[str, str]:
    return {
        path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def described(example: own_words.Example) -> list[str]:
    return [example.id, example.split, example.owner, example.key]


def test_a_table_opens_and_keeps_its_id(home: Path) -> None:
    told, before = TOLD["table"], files(home)
    found = table.OWN.stored(told["id"])
    assert [found.name, list(found.classes), list(found.texts), list(found.labels)] == [
        told[part] for part in ("name", "classes", "texts", "labels")
    ]
    assert table.OWN.keep(found) == told["id"]
    assert files(home) == before


def test_sets_of_pictures_open_and_keep_their_ids(home: Path) -> None:
    assert len(TOLD["pictures"]) == 2
    for own, told in TOLD["pictures"].items():
        found = picture_set.OWN.stored(own)
        assert [found.name, list(found.classes), found.labels.tolist()] == [
            told[part] for part in ("name", "classes", "labels")
        ]
        assert hashlib.sha256(found.images.tobytes()).hexdigest() == told["sha256"]
        assert picture_set.OWN.keep(found) == own
    assert set(files(home)) == set(files(OLD))


def test_recordings_open_with_their_split_and_their_owner(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.data.sound.own_words.time.time_ns", lambda: WRITTEN)
    assert own_words.words() == {word: len(told) for word, told in TOLD["words"].items()}
    for word, told in TOLD["words"].items():
        assert [described(one) for one in own_words.examples(word)] == [one[:4] for one in told]
        sounds = [own_words.sound(word, one) for one in own_words.examples(word)]
        assert [hashlib.sha256(sound.tobytes()).hexdigest() for sound in sounds] == [one[4] for one in told]
    assert own_words.deleted() == TOLD["deleted"]
    mine = own_words.examples("maja")[1]
    assert own_words.may_hear("maja", own_words.sound("maja", mine), owner="willi's browser")
    own_words.bring_back("maja")
    assert len(own_words.examples("maja")) == len(TOLD["words"]["maja"]) + 1


def test_a_list_of_recordings_opens_and_more_can_be_recorded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = TOLD["pinned"]
    assert [described(one) for one in own_words.examples("maja", told["id"])] == told["maja"]
    assert own_words.gone("maja", told["id"]), "one of them was deleted"
    with monkeypatch.context() as then:
        then.setattr("core.data.sound.own_words.time.time_ns", lambda: WRITTEN)
        own_words.bring_back("maja")
    assert not own_words.gone("maja", told["id"])
    assert own_words.pinned(["maja"]) == told["id"]
    tone = np.zeros(audio.WINDOW, np.float32)
    tone[5000:11_000] = 0.3 * np.sin(np.arange(6000) / 7) * np.hanning(6000)
    own_words.add("maja", tone, owner="")
    assert len(own_words.examples("maja")) == len(told["maja"]) + 1
