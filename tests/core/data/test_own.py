"""What people bring is kept once for each content, is mended when it is given again, and leads nowhere else."""

from pathlib import Path

import numpy as np
import pytest

from core.data import formats
from core.data.formats import Format, starts
from core.data.own import ContentStore
from core.data.pictures import picture
from core.data.sound import audio, own_words
from core.data.tables import reader
from core.errors import DataUnavailableError

NOTES = ContentStore("The note", "Write it again.", "notes", ".txt", str.encode, bytes.decode)
LOUD = ContentStore(
    "The note", "Write it again.", "notes", ".txt", str.encode, bytes.decode, lambda note: note.upper().encode()
)


def word(seed: int = 0) -> audio.Wave:
    sound = np.zeros(audio.WINDOW, np.float32)
    sound[5000:11_000] = 0.3 * np.sin(np.arange(6000) / (7 + seed)) * np.hanning(6000)
    return sound


def files(home: Path) -> list[Path]:
    return sorted(path for path in home.rglob("*") if path.is_file() and path.name != ".lock")


def test_the_same_content_is_kept_once_and_another_beside_it(glassbox_home: Path) -> None:
    first = NOTES.keep("one")
    assert NOTES.keep("one") == first != NOTES.keep("two")
    assert len(files(glassbox_home)) == 2
    assert NOTES.stored(first) == "one" and NOTES.is_stored(first)


def test_what_has_changed_is_not_read_until_it_is_given_again(glassbox_home: Path) -> None:
    name = NOTES.keep("one")
    for content in (b"0ne", b"", b"\xff"):
        NOTES.path(name).write_bytes(content)
        with pytest.raises(DataUnavailableError, match=rf"The note has changed .* \(id {name}\).* Write it again"):
            NOTES.stored(name)
    assert NOTES.keep("one") == name and NOTES.stored(name) == "one"


def test_a_name_can_be_made_of_what_a_file_means_and_say_more(glassbox_home: Path) -> None:
    name = LOUD.keep("one")
    LOUD.path(name).write_bytes(b"One")  # another file of the same meaning
    assert LOUD.stored(name) == "One"
    longer = NOTES.keep("one", before="7-train-")
    assert longer.startswith("7-train-") and NOTES.stored(longer, key=longer[-16:]) == "one"
    with pytest.raises(DataUnavailableError, match="has changed"):
        NOTES.stored(longer, key="0" * 16)


@pytest.mark.parametrize("name", ["", "0" * 16, "../../etc/passwd", "a/b", "."])
def test_a_name_of_nothing_says_so_and_leads_nowhere_else(name: str, glassbox_home: Path) -> None:
    for path in (glassbox_home.parent / "etc" / "passwd.txt", glassbox_home / "notes" / "a" / "b.txt"):
        path.parent.mkdir(parents=True)
        path.write_text("x")
    assert not NOTES.is_stored(name)
    with pytest.raises(DataUnavailableError, match=r"The note is not on this machine.* Write it again\."):
        NOTES.stored(name)


def test_a_recording_that_is_given_twice_is_one_example_in_one_split(glassbox_home: Path) -> None:
    first = own_words.add("maja", word(), owner="maja")
    (path,) = files(glassbox_home)
    path.write_bytes(b"damaged")
    assert own_words.add("maja", word(), owner="willi") == first
    assert own_words.examples("maja") == [first] and len(own_words.sound("maja", first)) == audio.WINDOW
    assert own_words.add("maja", word(1), owner="willi") != first
    assert len(files(glassbox_home)) == 2


def test_a_deleted_recording_that_is_given_again_does_not_come_back_beside_it(glassbox_home: Path) -> None:
    kept = [own_words.add("maja", word(seed), owner="maja") for seed in range(2)]
    own_words.delete_word("maja")
    again = own_words.add("maja", word(0), owner="maja")
    assert own_words.deleted() == {"maja": 1}
    own_words.bring_back("maja")
    assert own_words.examples("maja") == [kept[1], again] and own_words.deleted() == {}


def test_a_format_is_told_by_content_alone_and_one_more_is_one_more_line() -> None:
    more = (*picture.FORMATS[:3], Format("GIF", ("gif",), starts(b"GIF8"), picture.FORMATS[0].reader))
    assert formats.named(more) == "PNG, JPEG, WebP or GIF" and formats.named(more[:1]) == "PNG"
    assert formats.suffixes(more) == ["png", "jpg", "jpeg", "jfif", "webp", "gif"]
    assert [getattr(formats.of(data, more), "name", None) for data in (b"GIF89a", b"RIFF\0\0\0\0WAVE", b"")] == [
        "GIF",
        None,
        None,
    ]
    assert getattr(formats.of(b"RIFF\0\0\0\0WAVE", audio.FORMATS), "name", None) == "WAV"
    assert formats.named(reader.FORMATS) == "Excel, Parquet, JSON lines or CSV"
