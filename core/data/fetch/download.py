"""One file from one address: resumed, checked, and put in place only when it is complete and right.

Which files a data set has is in `core/data/pictures/sources.py`; downloading in the background is in `transfer.py`.
"""

import fcntl
import hashlib
import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path

from core import kept
from core.errors import DataUnavailableError, StorageError

CHUNK_BYTES = 64 * 1024
RETRY_PAUSE_SECONDS = 0.5  # before the second try; twice as long before the third, and so on

Progress = Callable[[int, int], None]  # (bytes done, bytes in all); the first call tells where a resumed one starts
ShouldStop = Callable[[], bool]


class Cancelled(Exception):  # noqa: N818  (nothing went wrong)
    """The caller asked to stop; what has arrived is kept for the next time."""


class _Interrupted(Exception):  # noqa: N818  (never leaves this module)
    """The server was reached, but the connection broke or the server had a passing problem."""


def download(
    url: str,
    target: Path,
    *,
    checksum: str | None,
    num_bytes: int,
    progress: Progress,
    should_stop: ShouldStop,
    retries: int = 3,
    timeout: float = 15.0,
) -> None:
    """Download a file of known size and checksum; `target` appears only when it is complete and right.

    What has arrived is kept beside it as `NAME.part`, and the next call goes on from there.

    Args:
        url: http or https address.
        target: file to write; one that is there already is replaced at the end, atomically.
        checksum: algorithm and digest, "md5:f68b3c…" or "sha256:ba8910…"; None where the file carries its own and the
            caller checks it.
        num_bytes: size of the complete file.
        progress: called with (bytes done, bytes in all) at the start and after each chunk.
        should_stop: asked before each chunk.
        retries: further tries after a broken connection or a server error.
        timeout: seconds without a byte after which the connection counts as broken.

    Raises:
        Cancelled: `should_stop` said so.
        DataUnavailableError: no connection, not the expected file, broken off for good, or a wrong checksum.
        StorageError: the file cannot be written.
    """
    part = target.with_name(target.name + ".part")
    host = urllib.parse.urlsplit(url).netloc
    for attempt in range(1, retries + 2):
        try:
            _receive(url, part, num_bytes=num_bytes, progress=progress, should_stop=should_stop, timeout=timeout)
            break
        except _Interrupted as interruption:
            if attempt > retries:
                raise DataUnavailableError(
                    f"The download of {target.name} from {host} broke off (tries: {attempt}) after "
                    f"{_size(part):,} of {num_bytes:,} bytes: {interruption}. What has arrived is kept; try again and "
                    "it goes on from there."
                ) from interruption
            if should_stop():
                raise Cancelled from interruption
            time.sleep(RETRY_PAUSE_SECONDS * attempt)
    _put_in_place(part, target, checksum=checksum, host=host)


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn an `OSError` into a `StorageError` that says which file could not be written, and why."""
    try:
        yield
    except OSError as error:
        what = kept.remedy(
            error, otherwise="Free some space or allow writing there, or set GLASSBOX_DATA to another folder"
        )
        raise StorageError(f"{path} cannot be written: {error.strerror or error}. {what}, then try again.") from error


def _receive(
    url: str, part: Path, *, num_bytes: int, progress: Progress, should_stop: ShouldStop, timeout: float
) -> None:
    """Add to `part` until it has `num_bytes`; raises `_Interrupted` when another try may help."""
    start = _size(part)
    if start == num_bytes:
        progress(start, num_bytes)
        return
    start = start if start < num_bytes else 0
    with _connect(url, start=start, timeout=timeout) as response:
        _check_size(response, url=url, num_bytes=num_bytes)
        with storing(part):
            part.parent.mkdir(parents=True, exist_ok=True)
            file = part.open("ab", buffering=0)  # unbuffered: a full disk is noticed at the write, not when closing
        with file:
            _lock(file.fileno(), part)
            done = start if response.status == http.client.PARTIAL_CONTENT else 0
            with storing(part):
                file.truncate(done)
            progress(done, num_bytes)
            while done < num_bytes:
                if should_stop():
                    raise Cancelled
                chunk = memoryview(_read(response, min(CHUNK_BYTES, num_bytes - done)))
                done += len(chunk)
                with storing(part):
                    while chunk:
                        chunk = chunk[file.write(chunk) :]
                progress(done, num_bytes)


def _connect(url: str, *, start: int, timeout: float) -> HTTPResponse:
    """Ask for the file from byte `start` on."""
    # identity: a compressing proxy would change the number of bytes, and resuming counts them
    headers = {"User-Agent": "glassbox", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    host = urllib.parse.urlsplit(url).netloc
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout)
    except urllib.error.HTTPError as error:
        with error:
            if error.code >= 500:
                raise _Interrupted(f"the server said {error.code} {error.reason}") from error
            raise DataUnavailableError(
                f"{host} does not give out {url}: {error.code} {error.reason}. Nothing was changed. Get the file in "
                "another way, and copy it to the data folder."
            ) from error
    except urllib.error.URLError as error:
        raise DataUnavailableError(
            f"No connection to {host}: {error.reason}. Nothing was changed. Try again when this machine is online, or "
            f"get {url} on a machine that is, and copy it to the data folder."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(str(error) or type(error).__name__) from error


def _check_size(response: HTTPResponse, *, url: str, num_bytes: int) -> None:
    """A different size means a different file: often the login page of a hotel or school network."""
    announced = response.headers.get("Content-Range", "").rpartition("/")[2] or response.headers.get("Content-Length")
    if announced is not None and announced.isdigit() and int(announced) != num_bytes:
        raise DataUnavailableError(
            f"{url} should have {num_bytes:,} bytes, but the answer has {int(announced):,}: it is another file, "
            "perhaps the login page of this network. Nothing was changed. Open the address in a browser to see it."
        )


def _lock(descriptor: int, part: Path) -> None:
    """Two processes that write into one part would damage it; the lock ends with the process."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DataUnavailableError(
            f"Another process is downloading {part.stem} already. Nothing was changed. Wait until it has finished."
        ) from error


def _read(response: HTTPResponse, at_most: int) -> bytes:
    """The next bytes as soon as there are some, so that progress and Stop keep up with a slow line."""
    try:
        chunk = response.read1(at_most)
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(str(error) or type(error).__name__) from error
    if not chunk:
        raise _Interrupted("the server ended the connection too early")
    return chunk


def _put_in_place(part: Path, target: Path, *, checksum: str | None, host: str) -> None:
    """Rename the part to its target if its digest is the expected one; else remove it and say so."""
    with storing(target):
        if checksum is None:
            kept.place(part, target)
            return
        algorithm, _, expected = checksum.partition(":")
        with part.open("rb") as file:
            # an old digest is good enough to notice damage, and systems in FIPS mode allow it only when told so
            actual = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
        if actual == expected:
            kept.place(part, target)
            return
        part.unlink()
    raise DataUnavailableError(
        f"{target.name} from {host} arrived damaged: its {algorithm} is {actual}, it should be {expected}. The damaged "
        "file was removed, nothing else was changed. Try again; if it happens again, the server has another file."
    )


def _size(path: Path) -> int:
    """Bytes in a file; 0 if there is none."""
    return path.stat().st_size if path.exists() else 0
