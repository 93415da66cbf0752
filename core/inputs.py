"""What people can bring, with its limits, in words: from the constants and lists of formats of the code that reads it.

docs/inputs.md is written from these records (`core.docs`). Nothing is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.data import points
from core.data.formats import Format
from core.data.pictures import digit_files, digit_set, pen_strokes, picture, picture_set
from core.data.sound import audio, sound_file, speech_folders
from core.data.tables import reader, spreadsheet, table
from core.data.text import table as labelled
from core.data.text import typed


@dataclass(frozen=True)
class Input:
    """One kind of input."""

    name: str
    where: str  # which pages and commands take it
    formats: Sequence[tuple[str, str]]  # what a format is called and may have → its suffixes, ".png"
    limits: Sequence[tuple[str, str]]  # of what → how much
    remarks: Sequence[str] = ()  # what is done with it, and what is left out, each a sentence or two


def megabytes(number: float) -> str:
    """Bytes in words."""
    return f"at most {number / 1e6:g} MB"


def formats_of(listed: Sequence[Format[Any]]) -> list[tuple[str, str]]:
    """The formats of a medium, each with its suffixes."""
    return [(one.name, ", ".join(f".{suffix}" for suffix in one.suffixes)) for one in listed]


PICTURE = Input(
    "A picture of a digit",
    "Digits, Upload; `python -m core predict digits FILE …`",
    [
        (f"{name}, at most {one.reader.max_megapixels} megapixels", suffixes)
        for one, (name, suffixes) in zip(picture.FORMATS, formats_of(picture.FORMATS), strict=True)
    ],
    [
        ("size of the file", megabytes(picture.MAX_BYTES)),
        ("each side", f"at least {picture.MIN_SIDE} pixels"),
        ("a progressive JPEG", f"at most {picture.MAX_MEGAPIXELS_PROGRESSIVE} megapixels, {picture.MAX_SCANS} layers"),
    ],
    [
        "The format is told by the content, whatever the file is called. Of an animation or several pages the first is "
        "read.",
        "A camera's orientation is applied once: that of EXIF, or of the file's own boxes in HEIC and AVIF; XMP is not "
        "asked.",
        f"A picture of more than {picture.KEPT_PIXELS / 1e6:g} megapixels is made smaller by a whole factor, a JPEG "
        "while it is decoded: one of 12 to 48 megapixels takes less than 50 MB of memory.",
        "Of several digits in one picture each is read, row by row, and one can be chosen to look at (page Digits).",
        "Ink may be dark on light or light on dark. What is transparent becomes paper: white behind dark ink, black "
        "behind light ink, and where a picture has a paper of its own, that.",
        "What does not look like a digit (a letter, noise, a shoe) is told so beside the nearest digit; drawings too.",
    ],
)

STROKES = Input(
    "Pen strokes",
    'Digits, Draw; `python -m core predict digits FILE.json`: `{"strokes": [[[x, y], …], …], "size": [width, height], '
    '"stroke_width": 20}`',
    [("JSON", ".json")],
    [
        ("strokes", f"at most {pen_strokes.MAX_STROKES}"),
        ("points", f"at most {pen_strokes.MAX_POINTS:,}"),
        ("each side of the canvas", f"1 to {pen_strokes.MAX_SIDE:,} pixels"),
        ("pen", "wider than 0, no wider than the longer side"),
    ],
    [
        "What was moved, scaled, turned, mirrored or slanted with the canvas's edit tool is read as it is seen; of "
        "unequal pens the median counts.",
        f"A drawing on a canvas of more than {pen_strokes.KEPT_SIDE:,} pixels is made smaller.",
    ],
)

PICTURES = Input(
    "Pictures to learn to draw",
    "Generator, Train",
    [(f"a zip of {picture_set.FEWEST} to {picture_set.MOST:,} pictures in any of the formats above", ".zip")],
    [
        ("size of the zip", megabytes(picture_set.MAX_BYTES)),
        ("unpacked", megabytes(picture_set.MAX_UNPACKED_BYTES)),
        ("one picture", megabytes(picture_set.MAX_PICTURE_BYTES)),
        (
            "all pictures",
            f"at most {picture_set.MAX_PIXELS / 1e6:g} megapixels as PNG, three to four times as many as JPEG",
        ),
        ("time", f"at most {picture_set.MOST_PARTS * picture_set.PART_SECONDS:g} seconds of computing"),
    ],
    [
        f"Each becomes grey, its middle square {picture_set.SIDE}×{picture_set.SIDE}. Folders do not matter.",
        "What is damaged, empty (of one shade), too small or no picture is left out, counted and listed. Hidden files "
        "and folders are passed over.",
    ],
)

SOUND = Input(
    "Speech",
    "Voice, also for words of one's own; `python -m core predict voice FILE …`",
    formats_of(sound_file.FORMATS),
    [
        ("size of the file", megabytes(sound_file.MAX_BYTES)),
        ("length", f"{sound_file.MIN_SECONDS:g} to {sound_file.MAX_SECONDS:g} seconds"),
        ("rate", f"{sound_file.MIN_RATE // 1000} to {sound_file.MAX_RATE // 1000} kHz"),
        ("channels", f"1 to {sound_file.MAX_CHANNELS}"),
    ],
    [
        "The format is told by the content, whatever the file is called. OGG may hold Opus, Vorbis, FLAC or Speex, and "
        "several sounds in a row; of a film the first track of sound is heard.",
        "The length is that of what is there, not what the file says: none (FLAC from a pipe, MP3 without a Xing "
        "frame) or a wrong one (a WAV that was never closed) is no hindrance. A file that was cut off is read as far "
        "as it goes, unless most of it is damaged.",
        f"Everything becomes {audio.RATE // 1000} kHz and one channel: the mean of those that hold sound, or the "
        "loudest where they cancel each other. What goes beyond full scale is made softer as a whole.",
    ],
)

SPEECH_FOLDER = Input(
    "A folder of speech",
    "Voice, Train, and `python -m core evaluate voice --data FOLDER`",
    [("a folder for each word with sounds of any format above, also in folders within it", "any")],
    [
        ("a clip", f"{sound_file.MIN_SECONDS:g} to {sound_file.MAX_SECONDS:g} seconds"),
        (f"a file in {speech_folders.NOISE}", f"at most {speech_folders.MOST_NOISE:g} seconds"),
        ("clips of a word", "at least one to learn from, to validate with and to test with each"),
    ],
    [
        f"{' and '.join(speech_folders.LISTS.values())} say which clips validate and test, one a line (yes/a.wav). "
        "Without them the part of a name before “_nohash_” decides, which is the speaker.",
        "Of a clip longer than a second the loudest second is taken; a shorter one is filled up with silence. Both are "
        "counted, and so is what is left out: hidden files (._name.wav), files that are no sound, names in a list "
        "without a file. A damaged clip is an error that names it.",
    ],
)

TEXT = Input(
    "A text",
    "Sentiment; `python -m core predict sentiment FILE … --text …`",
    [("a text typed or pasted, or files of texts, one a line, in UTF-8", "any")],
    [("characters of a text", f"at most {typed.MAX_CHARACTERS:,}")],
    [
        "The networks read English. Another language in Latin letters is named beside the answer, which is never "
        "called sure then; a text mostly in other letters is refused.",
        "The fine-tuned encoder reads a review of any length, a longer one sentence by sentence. Other models say how "
        "many words they have read.",
        "A text of signs or numbers alone is refused, unless there is an emoji, an emoticon or a score such as 4/5.",
    ],
)

TABLE = Input(
    "Tables",
    "Sentiment, Try (many texts) and Train; Foundations, playground",
    formats_of(reader.FORMATS),
    [
        ("size of the file", f"{megabytes(table.MAX_BYTES)}; of CSV and JSON lines the first of them are read"),
        ("rows", f"the first {table.MAX_ROWS:,}"),
        ("columns", f"at most {table.MAX_COLUMNS}"),
        ("cells", f"the first {table.MAX_CELLS:,}, of Excel the first {spreadsheet.MAX_CELLS:,}"),
        ("Excel, unpacked", megabytes(spreadsheet.MAX_UNPACKED_BYTES)),
        ("a text to learn from", f"at most {labelled.MAX_TEXT:,} characters"),
        ("a label", f"at most {labelled.MAX_LABEL} characters"),
        ("rows to learn from", f"at least {labelled.FEWEST_ROWS}"),
        ("different labels", f"{labelled.FEWEST_CLASSES} to {labelled.MOST_CLASSES}"),
        ("points of the playground", f"at most {points.MAX_POINTS}, spread evenly over the rows"),
    ],
    [
        "CSV: cells between commas, semicolons, tabs or bars (`|`); UTF-8, UTF-16, and Windows-1252, which is said. "
        "`sep=;`, titles and comments above the heading are no rows. Quotation marks are escaped by doubling or by a "
        "backslash; one that is astray stays in its text.",
        "Whether the first row names the columns is recognised; a switch says otherwise. A `.txt` whose lines have no "
        "cells is a text a line: to answer, not to learn from.",
        "JSON: an object a line, an array of objects, or an object of columns. Of Excel the first sheet that has any "
        "cells; of Parquet the columns of texts and numbers, labels by the names that the file gives them.",
        "“None”, “NA” and “null” are labels and texts as others are; in a column of numbers they are none. Numbers "
        "may have a decimal comma, or points, commas, spaces or apostrophes between thousands.",
        "A row is used if it has what the chosen columns need. Empty rows, rows without text or label, malformed lines "
        "and repeated texts are left out, counted and listed with their reasons.",
    ],
)

DIGIT_SET = Input(
    "Digits to learn from",
    "Digits, Train; `python -m core import digits FILE …`",
    [
        ("a table, a row a picture: its label and its pixels, as Kaggle and OpenML have it", ".csv, .csv.gz"),
        ("NumPy arrays, as Keras' `mnist.npz` and `python -m core generate` have them", ".npz, .npy"),
        ("Parquet with packed pictures (Hugging Face) or pixels, and a column of labels", ".parquet"),
        ("IDX, its files of pictures and of labels together: MNIST, EMNIST, QMNIST", "any, also .gz"),
        (f"a zip (from a terminal also a folder) of folders 0 to 9, at most {picture_set.MOST:,} pictures", ".zip"),
    ],
    [
        ("size of a file", megabytes(digit_files.MAX_BYTES)),
        ("unpacked", megabytes(digit_files.MAX_UNPACKED_BYTES)),
        ("pictures", f"at least {digit_set.FEWEST}; the first {digit_files.MOST:,}"),
        ("sides of pictures in numbers", f"{digit_files.FEWEST_SIDE} to {digit_files.LARGEST_SIDE} pixels, square"),
    ],
    [
        "Pictures that lie on their side, as EMNIST's do, are put upright, and dark ink is made light, whatever the "
        "file is called; that is said. Labels beyond 9 (letters) are left out and counted, as are damaged and empty "
        "pictures and malformed rows.",
        f"A set of which less than {digit_set.UNLIKE:.0%} are nearest to the mean of their digit in MNIST is "
        "refused: clothes, letters, digits of another script. So are EMNIST Letters, and pictures without labels.",
        "They take the place of the training images; what is learned is measured on the data that is chosen.",
    ],
)

INPUTS = (PICTURE, STROKES, DIGIT_SET, PICTURES, SOUND, SPEECH_FOLDER, TEXT, TABLE)
