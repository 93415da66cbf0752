"""Folders of speech as people make them: other formats, lengths and lists, files that are none or that change."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.data.sound import audio, speech, speech_folders
from core.errors import DataUnavailableError
from core.terminal import evaluate
from tests.support.sounds import burst, word_like
from tests.support.speech_sets import known_by, write_set

WORDS = ("go", "stop")
ALL = (*WORDS, "cat")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three words, a clip of each in each split, by lists; the data folder of this studio is above it."""
    monkeypatch.setenv("GLASSBOX_DATA", str(tmp_path))
    known_by(monkeypatch, "speech_commands", ALL)
    place = tmp_path / "speech_commands_v0.02"
    for index, word in enumerate(ALL):
        (place / word).mkdir(parents=True)
        for split in speech.SPLITS:
            soundfile.write(place / word / f"{split}.wav", word_like(index), audio.RATE, subtype="PCM_16")
    write_lists(place)
    return place


def write_lists(place: Path, line: Callable[[str, str], str] = "{}/{}.wav".format, encoding: str = "utf-8") -> None:
    for split, name in speech_folders.LISTS.items():
        (place / name).write_bytes("".join(line(word, split) + "\r\n" for word in ALL).encode(encoding))


def same_as_before(found: speech.Tested, most: float = 0.02) -> bool:
    """Whether the test clips are those of `folder`, in their order, but for what a format changes."""
    wanted = [word_like(index) for index in range(3)]
    return found.labels.tolist() == [0, 1, 2, 3] and all(
        np.abs(audio.from_int16(wave) - clip).max() < most for wave, clip in zip(found.waves, wanted, strict=False)
    )


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE", "PCM_24", "PCM_U8"])
def test_a_folder_of_samples_of_another_type_holds_the_same_words(folder: Path, subtype: str) -> None:
    for path in folder.rglob("*.wav"):
        samples, rate = soundfile.read(path)
        soundfile.write(path, samples, rate, subtype=subtype)
    found = speech.tested(WORDS)
    assert same_as_before(found)
    assert found.told["converted"] == 3


@pytest.mark.parametrize(("suffix", "rate"), [("WAV", 16_000), ("flac", 48_000), ("ogg", 16_000), ("AIFF", 44_100)])
def test_files_of_other_formats_rates_and_numbers_of_channels_are_clips_too(
    folder: Path, suffix: str, rate: int
) -> None:
    for path in folder.rglob("*.wav"):
        samples, _ = soundfile.read(path, dtype="float32")
        stereo = np.stack([audio.resampled(samples, 16_000, rate)] * 2, axis=1)
        path.unlink()
        soundfile.write(path.with_suffix(f".{suffix}"), stereo, rate)
    assert same_as_before(speech.tested(WORDS), most=0.1)


@pytest.mark.parametrize(
    ("line", "encoding"),
    [
        (r"{}\{}.wav".format, "utf-8-sig"),
        ("./{}/{}.WAV".format, "utf-16"),
        (r"C:\data\speech_commands_v0.02\{}\{}.wav".format, "utf-8"),
        ("{}/{}".format, "utf-8"),
    ],
)
def test_lists_of_another_system_say_the_same(folder: Path, line: Callable[[str, str], str], encoding: str) -> None:
    write_lists(folder, line, encoding)
    found = speech.tested(WORDS)
    assert same_as_before(found)
    assert found.told["of_other_splits"] == 6 and not found.told["missing"]


def test_folders_within_a_word_are_looked_into(folder: Path) -> None:
    for path in list(folder.rglob("*.wav")):
        (path.parent / "speaker one").mkdir(exist_ok=True)
        path.rename(path.parent / "speaker one" / path.name)
    assert same_as_before(speech.tested(WORDS))  # the lists name the files without it
    write_lists(folder, "{}/speaker one/{}.wav".format)
    assert same_as_before(speech.tested(WORDS))


def test_every_file_is_accounted_for_and_what_is_left_out_is_said(folder: Path) -> None:
    (folder / "go" / "._test.wav").write_bytes(b"\0\5\x16\7")  # as macOS writes beside every file on a foreign disk
    (folder / "go" / "notes.txt").write_text("of a person")
    lists = folder / "testing_list.txt"
    lists.write_text(lists.read_text() + "go/gone.wav\n")
    soundfile.write(folder / "go" / "test.wav", word_like(0)[:12_000], audio.RATE, subtype="PCM_16")
    long = burst(2.1)
    soundfile.write(folder / "stop" / "test.wav", long, audio.RATE, subtype="PCM_16")
    found = speech.tested(WORDS)
    account = speech_folders.accounted(found.told)
    assert account == {
        "files": {"found": 11, "of_other_splits": 6},
        "left_out": {"hidden": 1, "no_sound": 1, "missing": 1},
        "changed": {"longer": 1, "shorter": 1},
        "notices": [
            "1 hidden files, whose names begin with a dot, were left out.",
            "1 files that are no sound by their names were left out.",
            "1 files that validation_list.txt and testing_list.txt name are not there.",
            "Of 1 clips that are longer than a second the loudest second was taken.",
        ],
    }
    assert audio.levels(audio.from_int16(found.waves[1])).max() > -10  # the word, which is in the third second
    assert len(found.waves) - 1 == 11 - 6 - 2


def test_a_folder_without_a_clip_to_test_a_word_with_is_an_error_that_says_what_is_missing(folder: Path) -> None:
    write_lists(folder, "{}/{}_gone.wav".format)
    with pytest.raises(DataUnavailableError) as raised:
        speech.tested(WORDS)
    assert "has no clip of “go”, “stop” to test with. 6 files that validation_list.txt and" in str(raised.value)
    with pytest.raises(DataUnavailableError, match="has no clip of “go”, “stop” to validate with"):
        speech.load("speech_commands", WORDS)
    for path in (folder / "go").iterdir():
        path.rename(path.with_suffix(".mp5"))
    with pytest.raises(DataUnavailableError, match="3 files that are no sound by their names were left out"):
        speech.tested(WORDS)
    with pytest.raises(DataUnavailableError, match=r"and no clips of “on”\. Give the folder"):
        speech.tested((*WORDS, "on"))


@pytest.mark.parametrize("content", [b"", b"no sound", b"RIFF\x24\0\0\0WAVEfmt "])
def test_a_damaged_clip_is_named(folder: Path, content: bytes) -> None:
    (folder / "go" / "test.wav").write_bytes(content)
    with pytest.raises(
        DataUnavailableError, match=r"go/test.wav is damaged or no clip: “test.wav” is .* Remove this file"
    ):
        speech.tested(WORDS)


@pytest.mark.usefixtures("glassbox_home")
def test_files_that_are_written_again_are_read_again_and_what_was_decoded_before_goes(folder: Path) -> None:
    path = folder / "go" / "train.wav"
    before = path.parent.stat().st_mtime_ns
    first = np.array(speech.load("speech_commands", WORDS).train_waves[0])
    with path.open("r+b") as file:  # in place: the folder keeps its time
        file.seek(44)
        file.write(audio.to_int16(word_like(7)).tobytes())
    assert path.parent.stat().st_mtime_ns == before
    again = speech.load("speech_commands", WORDS)
    assert not np.array_equal(again.train_waves[0], first)
    assert np.array_equal(again.train_waves[0], audio.to_int16(word_like(7)))
    assert len(list((speech.settings.home() / "speech" / "decoded").iterdir())) == 1


@pytest.mark.usefixtures("glassbox_home")
def test_a_run_is_told_what_was_changed_also_when_it_was_decoded_before(folder: Path) -> None:
    (folder / "go" / "._train.wav").write_bytes(b"\0\5\x16\7")
    soundfile.write(folder / "stop" / "train.wav", burst(2.1), audio.RATE, subtype="FLOAT")
    for _ in range(2):
        assert speech.load("speech_commands", WORDS).notices == (
            "1 hidden files, whose names begin with a dot, were left out.",
            "Of 1 clips that are longer than a second the loudest second was taken.",
            "1 clips of another format, rate or number of channels were converted.",
        )


def test_the_terminal_says_what_was_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "own"
    write_set(place, speech.CORE_WORDS, per_split=1)
    (place / "yes" / "._a.wav").write_bytes(b"\0\5\x16\7")
    assert evaluate.run("voice", data=str(place), model="release") == 0
    told = capsys.readouterr()
    line = json.loads(told.out)
    assert (line["examples"], line["files"]) == (11, {"found": 31, "of_other_splits": 20})
    assert line["left_out"] == {"hidden": 1} and line["changed"] == {"shorter": 10}
    assert "1 hidden files, whose names begin with a dot, were left out.\n" in told.err
