"""Tables of texts and of numbers, whatever is in them."""

import base64
import csv
import io
import itertools
import json

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import strategies as st

from core.data import points
from core.data.tables.reader import read_table
from core.data.tables.table import with_heading
from core.data.text import table
from tests.fuzz.conftest import Explore
from tests.support.fuzz_examples import answer, files

CELLS = st.one_of(
    st.sampled_from(
        ("", "1", "2.5", "-3", "yes", "no", "NA", "inf", "nan", "1e400", "1e308", "0x1f", "1_000", "2024-01-01")
    ),
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=False).map(str),
    st.text(st.characters(codec="utf-8"), max_size=12),
)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """A CSV of any cells, mostly of one width, some of which repeat so that there are classes."""
    width = draw(st.integers(1, 5))
    some = draw(st.lists(CELLS, min_size=1, max_size=6))
    cells = st.one_of(st.sampled_from(some), CELLS, st.floats(-100, 100).map(str))
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=30))
    rows += draw(st.lists(st.lists(CELLS, max_size=6), max_size=2))
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=draw(st.sampled_from(",;\t")), lineterminator=draw(st.sampled_from(("\n", "\r\n")))
    )
    writer.writerow([f"c{index}" for index in range(width)])
    writer.writerows(rows)
    return text.getvalue().encode(draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16"))))


WHOLE = [
    b"text,label\n" + b"".join(f"text {number},{number % 3}\n".encode() for number in range(30)),
    b"a;b;kind\r\n" + b'1;2;"x;y"\r\n3;4;z\r\n' * 8,
    b"text\tlabel\n" + "schön\tja\nnaïve\tnein\n".encode() * 12,
    b'\xef\xbb\xbfa,b\n"one ""quoted""\nof two lines",2\n' * 6,
]
ROWS = [{"text": f"text {number}", "label": "ab"[number % 2], "n": number} for number in range(30)]


def packed() -> list[bytes]:
    """The same table as libraries write it in other formats."""
    parquet, workbook = io.BytesIO(), io.BytesIO()
    pd.DataFrame(ROWS).to_parquet(parquet)
    book = openpyxl.Workbook()
    for row in ([*ROWS[0]], *([*row.values()] for row in ROWS)):
        book.active.append(row)
    book.save(workbook)
    lines = "\n".join(map(json.dumps, ROWS)).encode()
    return [lines, json.dumps(ROWS, indent=1).encode(), parquet.getvalue(), workbook.getvalue()]


TABLES = st.one_of(
    tables(),
    tables(),
    files([*WHOLE, *packed()], b"a,b\n", b'"', b"\xff\xfe", b"\xef\xbb\xbf", b'{"a":', b"[{", b"PAR1", b"PK\x03\x04"),
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0\x01\ufeff"), max_size=8)
QUOTED = st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1, max_size=12)


@pytest.fixture(autouse=True, scope="module")
def pandas_is_imported() -> None:
    points.read_table(b"a,b,kind\n" + b"1,2,x\n3,4,y\n" * 4, name="a.csv")


def test_every_row_of_a_table_of_texts_is_good_or_bad(explore: Explore) -> None:
    def check(data: bytes) -> None:
        found = answer(lambda: read_table(data, name="a.csv"))
        if found is None:
            return
        assert len(found.rows) == len(found.lines)
        assert list(found.lines) == sorted(set(found.lines))
        for text, label in itertools.permutations(found.columns[:4], 2):
            imported = answer(lambda text=text, label=label: table.labelled(found, text=text, label=label))
            if imported is not None:
                assert len(imported.labelled.texts) == len(imported.labelled.labels)
                assert len(imported.labelled.texts) + imported.num_bad == len(found.rows) + found.num_left_out
                assert sum(imported.left_out.values()) == imported.num_bad

    explore(TABLES, check)


def test_a_table_of_numbers_becomes_points_or_a_sentence(explore: Explore) -> None:
    def check(data: bytes) -> None:
        found = answer(lambda: points.read_table(data, name="a.csv"))
        if found is None:
            return
        assert {len(values) for values in (*found.numeric.values(), *found.labels.values())} == {found.rows}
        for label in [*found.labels, *found.numeric][:6]:
            names = tuple(name for name in found.numeric if name != label)[:2]
            positive = found.labels[label][0] if label in found.labels else None
            for columns in (names, None) if len(names) == 2 else ():
                made = answer(
                    lambda columns=columns, label=label, positive=positive: points.pick(
                        found, columns, label=label, positive=positive
                    )
                )
                if made is not None:
                    assert np.isfinite(made).all()
                    assert np.abs(made).max() <= points.PLANE

    explore(TABLES, check)


def test_every_row_that_was_written_is_read_or_left_out_for_a_reason(explore: Explore) -> None:
    def check(cells: list[list[str]]) -> None:
        width = len(cells[0])
        rows = [["row", *(row + ["x"] * width)[:width], "end"] for row in cells]  # none empty, each as wide
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerows([["text", *(f"c{at}" for at in range(width)), "label"], *rows])
        found = answer(lambda: read_table(text.getvalue().encode(), name="a.csv"))
        assert found is not None
        whole = found if found.heading is not None else with_heading(found, True)
        assert [[*row] for row in whole.rows] == rows
        assert found.num_left_out == 0

    explore(QUOTED, check)


CODES = st.one_of(
    st.text(max_size=40),
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/", max_size=60),
    st.integers(0, 320)
    .flatmap(lambda count: st.binary(min_size=3 * count, max_size=3 * count))
    .map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
)


@pytest.mark.parametrize(
    ("decode", "encode"),
    [(points.decode, points.encode), (points.decode_heights, points.encode_heights)],
    ids=["classes", "heights"],
)
def test_a_code_of_points_is_what_they_are_written_as_or_a_value_error(explore: Explore, decode, encode) -> None:
    def check(text: str) -> None:
        try:
            found = decode(text)
        except ValueError:
            return
        assert len(found) <= points.MAX_POINTS
        assert np.isfinite(found).all()
        assert np.abs(found[:, :2]).max(initial=0) <= points.PLANE
        assert encode(found) == text

    explore(CODES, check)
