"""Every data set that can be put on this machine, images, speech and texts: what it is, if it is here, how to get it.

Pages, the terminal and `core/data/fetch/transfer.py` need no more of a data set than this. What is in the files is the
business of `core/data/pictures/sources.py` (images), `core/data/sound/speech.py` and `core/data/text/reviews.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.data.fetch.download import Progress, ShouldStop
from core.data.pictures import sources
from core.data.sound import own_words, speech, speech_download
from core.data.text import reviews
from core.errors import NotFoundError


@dataclass(frozen=True)
class Entry:
    """A data set as somebody sees it who wants to have it."""

    name: str
    label: str
    sentence: str  # how many examples, and how they are split
    licence: str
    citation: str
    num_bytes: int  # of the download; 0 if it needs none
    folder: str  # inside the data folder, where its files may also be put by hand; empty if it has none
    is_here: Callable[[], bool]
    fetch: Callable[[Progress, ShouldStop], None]  # gets what is missing; raises as `core.data.fetch.download.download`


def find(name: str) -> Entry:
    """The data set of a name; raises NotFoundError, naming those that exist, if there is none."""
    if name in sources.SOURCES:
        return _images(name)
    if name in SPEECH:
        return SPEECH[name]
    if name in reviews.SOURCES:
        return _texts(name)
    raise NotFoundError(f"There is no data set “{name}”. The data sets are: {', '.join(names())}.")


def names() -> list[str]:
    """Names of all data sets, images first."""
    return [*sources.SOURCES, *SPEECH, *reviews.SOURCES]


def _images(name: str) -> Entry:
    source = sources.find(name)
    return Entry(
        name=name,
        label=source.label,
        sentence=source.sentence,
        licence=source.licence,
        citation=source.citation,
        num_bytes=source.num_bytes,
        folder=source.folder,
        is_here=lambda: sources.is_here(name),
        fetch=lambda progress, should_stop: sources.fetch(name, progress=progress, should_stop=should_stop),
    )


def _texts(name: str) -> Entry:
    """Texts come with a package, all but SST-2, which is downloaded."""
    source = reviews.find(name)

    def check(progress: Progress, should_stop: ShouldStop) -> None:
        source.load()  # nothing can be downloaded: it says what is missing and how to get it

    downloaded = name == "sst2"
    return Entry(
        name=name,
        label=source.label,
        sentence=source.sentence,
        licence=source.licence,
        citation=source.citation,
        num_bytes=reviews.SST2.num_bytes if downloaded else 0,
        folder=reviews.SST2.folder if downloaded else "",
        is_here=lambda: reviews.is_here(name),
        fetch=reviews.fetch_sst2 if downloaded else check,
    )


WARDEN = "P. Warden: Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, 2018, arXiv:1804.03209."

SPEECH: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry(
            name="synthetic_speech",
            label="Synthetic speech",
            sentence=(
                "About 1,900 clips of 35 words, spoken on this machine by a program in many voices, which takes up to "
                "a minute: 1,300 to train, 270 to validate, 380 for the test."
            ),
            licence="made here; eSpeak NG, which speaks, is under the GPL-3.0",
            citation="eSpeak NG, https://github.com/espeak-ng/espeak-ng",
            num_bytes=0,
            folder="",
            is_here=speech.synthetic_is_here,
            fetch=speech_download.speak_all,
        ),
        Entry(
            name="mini_speech_commands",
            label="Mini Speech Commands",
            sentence="8,000 recordings of eight words: about 80 % to train, 10 % each to validate and test.",
            licence="CC BY 4.0",
            citation=WARDEN,
            num_bytes=speech_download.MINI.num_bytes,
            folder=speech_download.MINI.folder,
            is_here=lambda: speech.folder_is_here("mini_speech_commands"),
            fetch=speech_download.fetch_mini,
        ),
        Entry(
            name="speech_commands",
            label="Speech Commands v0.02",
            sentence="105,829 recordings of 35 words by 2,618 people, in the official splits.",
            licence="CC BY 4.0",
            citation=WARDEN,
            num_bytes=speech_download.FULL.num_bytes + speech_download.TEST_SET.num_bytes,
            folder=speech_download.FULL.folder,
            is_here=lambda: speech.folder_is_here("speech_commands"),
            fetch=speech_download.fetch_full,
        ),
        Entry(
            name="own_words",
            label="Your own words",
            sentence=(
                f"At least {own_words.MIN_EXAMPLES} recordings of a word that you choose, beside the synthetic speech "
                "of the words that the network knows."
            ),
            licence="yours; they stay on this machine",
            citation="",
            num_bytes=0,
            folder="",
            is_here=speech.synthetic_is_here,  # recordings are not fetched: the page asks for them
            fetch=speech_download.speak_all,
        ),
    )
}
