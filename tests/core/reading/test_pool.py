"""Reading outside the page's process: real processes, parsers that misbehave, and the studio's own."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import points
from core.data.pictures import digit_files, picture, picture_set
from core.data.sound import audio
from core.data.tables import table
from core.data.tables.reader import read_table
from core.errors import InvalidInputError
from core.reading import parsers, pool
from core.reading.pool import Readers, TryAgainError
from tests.support import toy_parsers as toy
from tests.support.paths import ROOT
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    ours = Readers("tests.support.toy_parsers")
    yield ours
    ours.close()


@pytest.fixture(scope="module")
def real() -> Iterator[Readers]:
    """The studio's parsers, with as much time as a busy machine may need: what counts is their memory."""
    ours = Readers("tests.support.patient_parsers")
    yield ours
    ours.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the computing that ends a reading, on a busy machine too."""
    monkeypatch.setattr(pool, "PATIENCE", 60.0)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def reading_pids(registry: str = "tests.support.toy_parsers") -> set[int]:
    """The reading processes that this process started."""
    found = set()
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            stat = (command.parent / "stat").read_text().rpartition(")")[2].split()
            words = command.read_bytes().split(b"\0")
        except OSError:
            continue
        if int(stat[1]) == os.getpid() and b"core.reading.child" in words and registry.encode() in words:
            found.add(int(command.parent.name))
    return found


def test_a_result_comes_back_as_the_parser_gave_it(readers: Readers) -> None:
    found, wanted = readers.read(toy.everything, b"abc", name="ü.csv"), toy.everything(b"abc", name="ü.csv")
    assert (found.name, found.size, found.rows) == ("ü.csv", 3, wanted.rows)
    np.testing.assert_array_equal(found.grey, wanted.grey)
    assert found.grey.dtype == np.float32 and found.grey.flags.writeable
    np.testing.assert_array_equal(found.columns["a"], [1.5, -2.0])


def test_another_process_reads_and_stays_for_the_next_file(readers: Readers) -> None:
    first, second = (readers.read(toy.pid, content, name="a") for content in (b"1", b"2"))
    assert first == second != os.getpid()


def test_what_was_read_is_remembered_by_content_and_name(readers: Readers) -> None:
    first = readers.read(toy.pid, b"the same", name="a")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not is_running(first))
    assert readers.read(toy.pid, b"the same", name="a") == first
    assert readers.read(toy.pid, b"the same", name="b") != first


def test_memory_of_what_was_read_is_bounded(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "REMEMBERED", 100)
    for number in range(20):
        readers.read(toy.pid, b"%d" % number, name="bounded")
    assert 0 < sum(map(len, readers._replies.values())) <= 100


@pytest.mark.parametrize(
    ("parser", "sentence"),
    [
        (toy.refuse, "“a.csv” is not what is wanted."),
        (toy.hog, "“a.csv” needs more memory than 640 MB to read and was given up. Give a smaller file."),
        (toy.huge, "“a.csv” holds too much. Cut it down."),
        (toy.fail, "“a.csv” could not be read. Save or export it again, or give another file."),
    ],
)
def test_what_is_wrong_becomes_a_sentence_and_the_next_file_is_read(
    readers: Readers, parser: object, sentence: str
) -> None:
    with pytest.raises(InvalidInputError) as error:
        readers.read(parser, b"", name="a.csv")  # type: ignore[arg-type]
    assert str(error.value) == sentence
    assert readers.read(toy.everything, parser.__name__.encode(), name="b").size  # type: ignore[attr-defined]


def test_a_parser_that_loops_is_killed_and_remembered_as_too_slow(readers: Readers, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(InvalidInputError, match=r"^“a.csv” took longer than 1 seconds to read and was given up\."):
            readers.read(toy.loop, str(tmp_path).encode(), name="a.csv")
        if tmp_path.exists():
            tmp_path.rmdir()  # a second reading would end at once, with another sentence


def test_a_parser_that_only_waits_is_killed_too(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "PATIENCE", 3.0)
    with pytest.raises(TryAgainError, match="took longer than 1 seconds"):
        readers.read(toy.sleep, b"100", name="a.csv")


def test_a_process_that_dies_is_replaced(readers: Readers) -> None:
    with pytest.raises(TryAgainError, match="the process that read it ended unexpectedly"):
        readers.read(toy.crash, b"", name="a.csv")
    assert is_running(readers.read(toy.pid, b"after the crash", name="a"))


def test_a_process_killed_from_outside_is_said_and_the_same_file_is_read_again(readers: Readers) -> None:
    readers.read(toy.pid, b"warm", name="warm")
    before = reading_pids()

    def kill() -> None:
        time.sleep(0.5)
        for pid in before:
            os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    with pytest.raises(TryAgainError, match="ended unexpectedly"):
        readers.read(toy.sleep, b"2.5", name="a")
    thread.join()
    assert readers.read(toy.sleep, b"0.5", name="a") not in before


def test_a_visitor_who_leaves_ends_the_reading_at_once(readers: Readers, tmp_path: Path) -> None:
    class LeftError(Exception):
        pass

    readers.read(toy.pid, b"at once", name="warm")
    begun = time.monotonic()

    def left() -> None:
        if time.monotonic() > begun + 0.3:
            raise LeftError

    started: set[int] = set()
    with pytest.raises(LeftError):
        readers.read(
            toy.loop, str(tmp_path).encode(), name="left.csv", left=lambda: (started.update(reading_pids()), left())
        )
    busy = started - {reader.process.pid for reader in readers._idle}
    assert busy and not any(is_running(pid) for pid in busy)
    assert readers.read(toy.pid, b"the place is free", name="a") > 0


def test_ten_files_at_once_are_read_by_no_more_than_three_processes(readers: Readers) -> None:
    with ThreadPoolExecutor(10) as threads:
        pids = list(threads.map(lambda number: readers.read(toy.sleep, b"0.1", name=f"{number}"), range(10)))
    assert len(pids) == 10 and 1 <= len(set(pids)) <= 4  # three, and one that was warm already


def test_who_waits_too_long_for_a_place_is_told(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "WAIT_SECONDS", 0.2)
    with ThreadPoolExecutor(pool.MOST) as threads:
        for number in range(pool.MOST):
            threads.submit(readers.read, toy.sleep, b"2", name=f"slow {number}")
        wait_until(lambda: readers._places._value == 0)
        with pytest.raises(TryAgainError, match="Many files are being read just now; “late” had to wait"):
            readers.read(toy.pid, b"late", name="late")


def test_no_byte_is_written_and_no_process_started(readers: Readers, tmp_path: Path) -> None:
    assert "File too large" in readers.read(toy.write, str(tmp_path / "new").encode(), name="a")
    assert (tmp_path / "new").stat().st_size == 0
    if os.getuid():  # the limit on processes does not bind root
        assert "temporarily unavailable" in readers.read(toy.start, b"", name="a")


def test_only_what_is_on_the_list_can_be_asked_for(readers: Readers) -> None:
    with pytest.raises(KeyError):
        readers.read(toy.secret, b"", name="a")
    with pytest.raises(KeyError):
        readers.read(os.fsdecode, b"", name="a")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_reading_processes_die_with_the_process_that_asked(number: int) -> None:
    program = (
        "from core.reading.pool import readers; from core.data.tables.reader import read_table; import time\n"
        "readers().read(read_table, b'a,b\\n1,2\\n', name='a')\n"
        "print(readers()._idle[0].process.pid, flush=True); time.sleep(60)"
    )
    asking = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert asking.stdout is not None
    with asking.stdout:
        pid = int(asking.stdout.readline())
    assert is_running(pid)
    asking.send_signal(number)
    asking.wait()
    wait_until(lambda: not is_running(pid))


def test_every_parser_reads_the_same_outside(real: Readers) -> None:
    png = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 30), np.uint8)).save(png, "PNG")
    wav = audio.write_wav(np.sin(np.arange(16_000) / 9).astype(np.float32) / 2)
    csv = b"a,b,kind\n" + b"1,2.5,x\n3,4.5,y\n" * 4
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as file:
        for number in range(31):
            file.writestr(f"{number}.png", png.getvalue() if number else b"broken")
    np.testing.assert_array_equal(
        real.read(picture.read_picture, png.getvalue(), name="a"), picture.read_picture(png.getvalue(), name="a")
    )
    sound, there = audio.read_sound(wav, name="a"), real.read(audio.read_sound, wav, name="a")
    np.testing.assert_array_equal(there.samples, sound.samples)
    assert (there.rate, there.channels) == (16_000, 1)
    assert real.read(read_table, csv, name="a") == read_table(csv, name="a")
    plane, other = real.read(points.read_table, csv, name="a"), points.read_table(csv, name="a")
    assert plane.labels == other.labels and plane.rows == 8
    np.testing.assert_array_equal(plane.numeric["b"], other.numeric["b"])
    digits = b"label" + b",p" * 784 + b"\n" + b"".join(b"%d" % n + b",%d" % n * 784 + b"\n" for n in range(9))
    piece, local = real.read(digit_files.read_part, digits, name="a"), digit_files.read_part(digits, name="a")
    np.testing.assert_array_equal(piece.images, local.images)
    assert piece.labels.tolist() == local.labels.tolist() == [*range(9)]
    pictures, here = (
        one(zipped)
        for one in (
            lambda z: picture_set.gathered(partial(real.read, picture_set.read_part, z.getvalue(), name="a"), name="a"),
            lambda z: picture_set.read_zip(z.getvalue(), name="a"),
        )
    )
    np.testing.assert_array_equal(pictures.pictures.images, here.pictures.images)
    assert pictures.bad == here.bad and pictures.num_bad == 1 and pictures.pictures.classes == ()
    assert len(parsers.PARSERS) == 6  # each of them is above


def many_pictures() -> bytes:
    """A zip of the most files that are allowed, each of another shade."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(picture_set.MOST):
            png = io.BytesIO()
            drawn = Image.new("L", (28, 28), number % 256)
            drawn.putpixel((20, 20), (number + 128) % 256)
            drawn.save(png, "PNG")
            archive.writestr(f"{number}.png", png.getvalue() if number % 1000 else b"broken")
    return file.getvalue()


def test_a_zip_of_ten_thousand_pictures_is_read_to_its_end_in_parts(
    real: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parsers.PARSERS["core.data.pictures.picture_set:read_part"] == 3.0
    monkeypatch.setattr(picture_set, "MOST_PARTS", 1_000)  # a part is a second of computing, on a busy machine too
    content = many_pictures()
    found = picture_set.gathered(partial(real.read, picture_set.read_part, content, name="many"), name="many")
    shades = [number % 256 for number in range(picture_set.MOST) if number % 1000]
    ink = found.pictures.images[:, 14, 14]
    assert ink.tolist() == shades if np.median(shades) < 128 else ink.tolist() == [255 - shade for shade in shades]
    assert [bad.name for bad in found.bad] == [f"{number}.png" for number in range(0, picture_set.MOST, 1000)]
    assert found.num_bad == 10


def test_a_visitor_who_leaves_ends_the_parts_that_are_left(readers: Readers) -> None:
    class LeftError(Exception):
        pass

    parts: list[picture_set.Part] = []

    def left() -> None:
        if len(parts) == 3:
            raise LeftError

    def read(**after: float) -> picture_set.Part:
        parts.append(readers.read(toy.part, b"", name="left", left=left, **after))
        return parts[-1]

    with pytest.raises(LeftError):
        picture_set.gathered(read, name="left")
    assert [(part.entries, part.num_bytes, part.pixels) for part in parts] == [(1, 9, 0.5), (2, 18, 1.0), (3, 27, 1.5)]
    assert reading_pids() == {reader.process.pid for reader in readers._idle}  # none goes on with it


def test_the_largest_files_that_are_allowed_fit_into_the_limits(real: Readers) -> None:
    row = "the film is good and so is the other one really,positive,1\n"
    csv = ("text,label,n\n" + row * ((table.MAX_BYTES - 13) // len(row))).encode()
    assert len(real.read(read_table, csv, name="a").rows) > 160_000
    png = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (2000, 2000), np.uint8)).save(png, "PNG")
    assert real.read(picture.read_picture, png.getvalue(), name="a").shape == (2000, 2000)
    numbers = "0.1234,2.34567,3.11111,x\n" * 190_000
    assert real.read(points.read_table, f"a,b,c,k\n{numbers}".encode(), name="a").rows == 190_000


def test_a_photo_of_a_telephone_is_read_by_a_process_that_may_start_no_threads() -> None:
    """As somebody without rights: the limit does not bind root."""
    program = (
        "import io, os, sys; from PIL import Image; from pillow_heif import register_heif_opener\n"
        "from core.data.pictures.picture import read_picture; from core.reading.child import _confine\n"
        "register_heif_opener(); file = io.BytesIO(); Image.new('L', (640, 480), 128).save(file, 'HEIF')\n"
        "os.getuid() or os.setuid(65534); _confine()\n"
        "sys.stderr.write(str(read_picture(file.getvalue(), name='a.heic').shape))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=pool._environment(), capture_output=True, text=True, check=False
    )
    assert done.stderr == "(480, 640)"


def test_a_table_of_very_short_cells_takes_no_more_of_a_page_than_it_may(real: Readers) -> None:
    row = b"ab," * 99 + b"cd\n"
    tracemalloc.start()
    found = real.read(read_table, row * (table.MAX_CELLS // 100), name="most.csv")
    assert len(found.rows) == 10_000 and found.rows[-1][-2:] == ("ab", "cd")
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    del found
    tracemalloc.reset_peak()
    more = real.read(read_table, row * (table.MAX_BYTES // len(row)), name="more.csv")
    assert len(more.rows) == 10_000 and "Only the first 10,000 rows" in more.notes[0]
    assert tracemalloc.get_traced_memory()[1] < 110_000_000  # more than 200 MB, when all of it was read
    tracemalloc.stop()


def test_a_table_of_40000_columns_gets_a_sentence(real: Readers) -> None:
    wide = ",".join("a" for _ in range(40_000)) + "\n" + "1," * 39_999 + "1\n"
    with pytest.raises(InvalidInputError):
        real.read(points.read_table, wide.encode(), name="wide.csv")
