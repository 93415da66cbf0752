"""Labelled texts: the fixed splits of the sets, and a person's own table, good or bad."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.data import registry
from core.data.tables import columns
from core.data.tables.reader import read_table
from core.data.tables.table import MAX_ROWS
from core.data.text import reviews, table
from core.errors import DataUnavailableError, InvalidInputError, NotFoundError
from tests.support.work import counted_calls

GOOD = "text,label\n" + "".join(f'"sentence {i}, with a comma",{"abc"[i % 3]}\n' for i in range(60))


@pytest.mark.parametrize("name", ["rotten_tomatoes", "imdb"])
def test_the_parts_of_a_set_share_no_text_and_hold_what_is_said(name: str) -> None:
    texts = reviews.load(name)
    parts = (texts.train, texts.validation, texts.test)
    assert [len(part) for part in parts] == list(registry.find(name).sizes)
    together = [one for part in parts for one in part.texts]
    assert len(set(together)) == len(together)
    assert all(0.45 < part.labels.mean() < 0.55 for part in parts)


def test_a_set_that_does_not_exist_is_said() -> None:
    with pytest.raises(NotFoundError, match="rotten_tomatoes"):
        reviews.load("poems")


def test_missing_sst2_says_where_it_should_be(glassbox_home: Path) -> None:
    assert not registry.find("sst2").is_here()
    for ask in (reviews.load, reviews.require):
        with pytest.raises(DataUnavailableError, match=r"SST-2 lacks dev\.tsv.*data --download sst2"):
            ask("sst2")  # type: ignore[operator]


def write_sst2(folder: Path) -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    sentences = [" ".join([f"w{i}", *words, f"z{i}"]) for i in range(30)]
    phrases = [(sentence, i % 2) for i, sentence in enumerate(sentences)]
    phrases += [(sentence.rpartition(" ")[0], i % 2) for i, sentence in enumerate(sentences)]  # parts of them
    phrases += [("two three", 1), ("ten eleven twelve", 0)]
    folder.mkdir(parents=True)
    for name, rows in (("train", phrases), ("dev", [("good", 1), ("bad", 0)])):
        lines = ["sentence\tlabel", *(f"{one} \t{label}" for one, label in rows)]
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n")


def test_no_phrase_of_a_held_out_sentence_is_learned_from(tmp_path: Path) -> None:
    write_sst2(tmp_path / "sst2")
    phrases = reviews.read_tsv(tmp_path / "sst2" / "train.tsv")
    train, held = reviews.hold_out(phrases, num_sentences=5)
    assert len(held) == 5
    assert all(one.split()[-1].startswith("z") for one in held.texts)  # whole sentences, no parts
    for sentence in held.texts:
        assert not [one for one in train.texts if len(one.split()) >= 3 and f" {one} " in f" {sentence} "]
    assert "two three" in train.texts
    assert len(train) == len(phrases) - 5 - 5 - 1  # the sentences, their parts, and "ten eleven twelve"


def test_a_file_that_is_not_sst2_is_said_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "dev.tsv"
    path.write_text("sentence\tlabel\ngood\t1\nbad\t7\n")
    with pytest.raises(DataUnavailableError, match="line 3"):
        reviews.read_tsv(path)


def test_a_good_table_is_imported_and_kept_by_its_content() -> None:
    imported = table.labelled(read_table(GOOD.encode(), name="mine.csv"), text="text", label="label")
    assert imported.num_bad == 0
    assert imported.labelled.classes == ("a", "b", "c")
    assert len(imported.labelled.texts) == 60
    own = table.OWN.keep(imported.labelled)
    assert table.OWN.keep(imported.labelled) == own
    assert table.OWN.stored(own) == imported.labelled
    texts = reviews.load("own", own)
    assert texts.classes == ("a", "b", "c")
    assert [len(texts.train), len(texts.validation), len(texts.test)] == [42, 6, 12]
    assert set(np.unique(texts.train.labels)) == {0, 1, 2}


def test_bad_rows_are_listed_with_line_and_reason_and_the_rest_is_imported() -> None:
    bad = 'two\n,a\n"again",\nsame,a\nsame,b\n' + f"{'x' * 20_001},a\na,b,c\n"
    imported = table.labelled(read_table((GOOD + bad).encode(), name="mine.csv"), text="text", label="label")
    assert len(imported.labelled.texts) == 61
    assert [row.line for row in imported.bad] == [62, 63, 64, 66, 67, 68]
    assert sum(imported.left_out.values()) == imported.num_bad == 6
    reasons = [row.reason for row in imported.bad]
    for part, reason in zip(
        ["1 cells in place of 2", "text is empty", "label is empty", "same text", "20,001", "3 cells"],
        reasons,
        strict=True,
    ):
        assert part in reason


def refused(content: bytes, *, columns: tuple[str, str] = ("text", "label")) -> str:
    with pytest.raises(InvalidInputError) as caught:
        table.labelled(read_table(content, name="mine.csv"), text=columns[0], label=columns[1])
    return str(caught.value)


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: b"", "is empty"),
        (lambda: b"text,label\n\x81\xe4pfel,a\n", "line 2 holds the byte 0x81"),
        (lambda: b"PK\x03\x04\x00\x00", "not a workbook"),
        (lambda: b"x" * 10_000_001, "no column “text”"),
        (lambda: b"text,other\na,b\n", "no column “label”"),
        (
            lambda: (",".join(f"c{i}" for i in range(1000)) + "\n" + (",".join("1" * 1000) + "\n") * 1000).encode(),
            "1,000 c",
        ),
        (lambda: b"text,label\n", "0 good rows; at least 20 are needed"),
        (lambda: ("text,label\n" + "".join(f"t{i},{i}\n" for i in range(30))).encode(), "30 different labels"),
        (lambda: ("text,label\n" + "".join(f"t{i},one\n" for i in range(30))).encode(), "1 different labels"),
        (lambda: ("text,label\n" + "".join(f"t{i},{i % 2}\n" for i in range(9))).encode(), "9 good rows"),
    ],
    ids=[
        "empty",
        "encoding",
        "binary",
        "size",
        "column",
        "million",
        "heading",
        "classes",
        "one",
        "few",
    ],
)
def test_a_table_that_cannot_be_used_costs_little_and_is_answered_with_what_is_wrong(
    make: Callable[[], bytes], part: str
) -> None:
    content = make()
    with counted_calls() as calls:
        assert part in refused(content)
    assert calls.number < 5 * MAX_ROWS  # no cell is looked at by itself


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("text,label\n" + "a,b\n" * 250_000, "Left out were 199,999 rows: the same text stands in"),
        ("text,label" + "\n" * 300_000 + "a,b", "Left out were 200,000 rows: it is empty"),
    ],
    ids=["rows", "blank"],
)
def test_the_rows_of_a_table_that_is_too_long_cost_in_proportion_and_are_all_accounted_for(
    content: str, part: str
) -> None:
    with counted_calls() as calls:
        assert part in refused(content.encode())
    assert calls.number < 30 * MAX_ROWS


def test_text_and_label_are_two_columns() -> None:
    assert "two different columns" in refused(GOOD.encode(), columns=("text", "text"))


def test_columns_of_one_name_and_of_none_can_be_told_apart() -> None:
    content = ",label,label,label (column 3)\n" + "".join(
        f"text {i},{'ab'[i % 2]},{'cde'[i % 3]},f\n" for i in range(30)
    )
    found = read_table(content.encode(), name="a.csv")
    assert found.columns == ("column 1", "label", "label (column 3)", "label (column 3) (column 4)")
    imported = table.labelled(found, text="column 1", label="label (column 3)")
    assert imported.labelled.classes == ("c", "d", "e")


def test_labels_that_differ_in_capitals_and_spaces_are_one_class_or_not() -> None:
    spelt = ("Positive", "positive ", "POSITIVE", "Positive", "negative")
    content = "text,label\n" + "".join(f"text {i},{spelt[i % 5]}\n" for i in range(50))
    found = read_table(content.encode(), name="a.csv")
    assert columns.spellings(found, "label") == {"Positive": ["Positive", "positive", "POSITIVE"]}
    imported = table.labelled(found, text="text", label="label")
    assert imported.labelled.classes == ("Positive", "negative")
    assert imported.labelled.labels.count(0) == 40
    apart = table.labelled(found, text="text", label="label", one_class=False)
    assert apart.labelled.classes == ("POSITIVE", "Positive", "negative", "positive")


def test_what_is_left_out_is_told_when_the_rest_is_too_little() -> None:
    content = "text,label\n" + "".join(f"text {i},{'ab'[i % 2] if i < 9 else ''}\n" for i in range(40)) + "\n,\nx,y,z\n"
    said = refused(content.encode())
    assert "9 good rows" in said
    assert "31 rows: its label is empty; 2 rows: it is empty; 1 row: it has another number of cells" in said


def test_a_column_that_is_empty_costs_no_row() -> None:
    content = "text,note,label\n" + "".join(f"text {i},{'x' if i == 7 else ''},{'ab'[i % 2]}\n" for i in range(40))
    assert table.labelled(read_table(content.encode(), name="a.csv"), text="text", label="label").num_bad == 0


GUESSED = {
    "ids": ("id,label,text", "{i},{label},{text}"),
    "tweets": (
        "tweet_id,airline_sentiment,airline,retweet_count,text,url",
        "57030{i},{label},{air},0,{text},https://example.com/some/quite/long/address/that/nobody/reads/{i}",
    ),
    "stars": ("Id,UserId,Score,Summary,Text", "{i},A{i},{label},good dog food,{text}"),
    "answers": ("text,kind,note", "{text},{label},"),
}


@pytest.mark.parametrize(("heading", "row"), GUESSED.values(), ids=GUESSED)
def test_text_and_label_are_guessed_by_what_they_hold(heading: str, row: str) -> None:
    rows = [
        row.format(i=i, label=("bad", "fine", "good")[i % 3], air="ABCDEF"[i % 6], text=f"a longer text with words {i}")
        for i in range(60)
    ]
    found = read_table("\n".join([heading, *rows]).encode(), name="a.csv")
    text = columns.likely_text(found)
    label = columns.likely_label(found, text)
    assert label is not None
    assert found.columns[text].lower() == "text"
    assert {row[label] for row in found.rows} == {"bad", "fine", "good"}


def test_no_label_is_guessed_where_none_is() -> None:
    content = "id,text\n" + "".join(f"{i},some words {i}\n" for i in range(40))
    assert columns.likely_label(read_table(content.encode(), name="a.csv"), 1) is None


def test_a_table_that_is_gone_is_said() -> None:
    with pytest.raises(DataUnavailableError, match="Upload it"):
        table.OWN.stored("0123456789abcdef")
    with pytest.raises(DataUnavailableError, match="none was given"):
        table.OWN.stored("")
