"""What the operating system says when storage fails, as sentences: what is wrong and what to do."""

from __future__ import annotations

import errno
from pathlib import Path

from core.errors import StorageError

SENTENCES = {
    errno.ENOSPC: "The disk is full: {path} could not be written. Free some space, then resume.",
    errno.EFBIG: (
        "{path} could not be written: it is larger than this system lets a file be. Raise that limit, then resume."
    ),
    errno.EROFS: "{path} cannot be written: its disk is read-only. Make it writable, then resume.",
    errno.EACCES: "{path} cannot be written: this user may not write there. Allow it, then resume.",
    errno.EMFILE: (
        "{path} could not be opened: too many files are open at once. Close other programs or allow more open files "
        "(ulimit -n), then start again."
    ),
    errno.ENOENT: "{path} is not there any more: it was moved or deleted. Put it back, or start again for a new one.",
    errno.EISDIR: "{path} is a folder, and must be a file. Move the folder away, then start again.",
    errno.ENOTDIR: "{path} is not a folder, and must be one. Move the file away, then start again.",
    errno.ENOLCK: (
        "{path} cannot hold runs: its file system does not lock files, as on many network drives. Set GLASSBOX_HOME to "
        "a folder on a local disk, then start again."
    ),
}
ALIKE = {errno.EDQUOT: errno.ENOSPC, errno.EPERM: errno.EACCES, errno.ENFILE: errno.EMFILE, errno.EEXIST: errno.ENOTDIR}
ALIKE |= dict.fromkeys((errno.EOPNOTSUPP, errno.ENOSYS), errno.ENOLCK)


def storage_error(error: OSError, path: Path) -> StorageError:
    """What the operating system said about `path`."""
    code = error.errno or errno.EIO
    if sentence := SENTENCES.get(ALIKE.get(code, code)):
        return StorageError(sentence.format(path=path))
    return StorageError(f"{path} could not be used: {error.strerror or error}. See whether the disk is all right.")
