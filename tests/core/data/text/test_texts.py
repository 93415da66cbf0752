"""Labelled texts: the fixed splits of the sets, and a person's own table, good or bad."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.data import registry
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
    imported = table.labelled(table.read_csv(GOOD.encode(), name="mine.csv"), text="text", label="label")
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


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_delimiters_and_unicode_encodings_are_read(delimiter: str, encoding: str) -> None:
    content = f"id{delimiter}Text{delimiter}Label\n1{delimiter}schön{delimiter}gut\n".encode(encoding)
    found = table.read_csv(content, name="a.csv")
    assert found.columns == ("id", "Text", "Label")
    assert found.rows == (("1", "schön", "gut"),)


def test_bad_rows_are_listed_with_line_and_reason_and_the_rest_is_imported() -> None:
    bad = 'two\n,a\n"again",\nsame,a\nsame,b\n' + f"{'x' * 20_001},a\na,b,c\n"
    imported = table.labelled(table.read_csv((GOOD + bad).encode(), name="mine.csv"), text="text", label="label")
    assert len(imported.labelled.texts) == 61
    assert [row.line for row in imported.bad] == [62, 63, 64, 66, 67, 68]
    reasons = [row.reason for row in imported.bad]
    for part, reason in zip(
        ["1 cells in place of 2", "text is empty", "label is empty", "same text", "20,001", "3 cells"],
        reasons,
        strict=True,
    ):
        assert part in reason


def refused(content: bytes, *, columns: tuple[str, str] = ("text", "label")) -> str:
    with pytest.raises(InvalidInputError) as caught:
        table.labelled(table.read_csv(content, name="mine.csv"), text=columns[0], label=columns[1])
    return str(caught.value)


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: b"", "is empty"),
        (lambda: b"text,label\n\xe4pfel,a\n", "line 2 holds the byte 0xe4"),
        (lambda: b"PK\x03\x04\x00\x00", "not a text file"),
        (lambda: b"x" * 10_000_001, "10.0 MB"),
        (lambda: b"text,other\na,b\n", "no column “label”"),
        (lambda: ("text,label\n" + "a,b\n" * 200_001).encode(), "more than 200,000 rows"),
        (lambda: b"text,label" + b"\n" * 300_000, "more than 200,000 rows"),
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
        "rows",
        "blank",
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
    assert calls.number < 5 * table.MAX_ROWS  # no cell is looked at by itself


def test_a_table_of_a_million_cells_is_read_and_one_cell_more_is_refused() -> None:
    most = (b"ab," * 99 + b"cd\n") * 10_000
    found = table.read_csv(most, name="a.csv")
    assert len(found.columns) + sum(map(len, found.rows)) == table.MAX_CELLS == 1_000_000
    with pytest.raises(InvalidInputError, match=r"“a.csv” has more than 1,000,000 cells.* Keep the columns that are"):
        table.read_csv(most + b"x", name="a.csv")


def test_text_and_label_are_two_columns() -> None:
    assert "two different columns" in refused(GOOD.encode(), columns=("text", "text"))


def test_columns_of_one_name_and_of_none_can_be_told_apart() -> None:
    content = ",label,label,label (column 3)\n" + "".join(
        f"text {i},{'ab'[i % 2]},{'cde'[i % 3]},f\n" for i in range(30)
    )
    found = table.read_csv(content.encode(), name="a.csv")
    assert found.columns == ("column 1", "label", "label (column 3)", "label (column 3) (column 4)")
    imported = table.labelled(found, text="column 1", label="label (column 3)")
    assert imported.labelled.classes == ("c", "d", "e")


def test_a_table_that_is_gone_is_said() -> None:
    with pytest.raises(DataUnavailableError, match="Upload it"):
        table.OWN.stored("0123456789abcdef")
    with pytest.raises(DataUnavailableError, match="none was given"):
        table.OWN.stored("")
