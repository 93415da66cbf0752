"""Tables as programs write them: each kind with all its rows and columns, and what is left out with its count."""

import csv
import io
import json

import numpy as np
import openpyxl
import pandas as pd
import pytest

from core.data.tables import spreadsheet, table
from core.data.tables.reader import read_table
from core.data.tables.table import with_heading
from core.errors import InvalidInputError

TEXTS = [
    f"{'A wonderful' if i % 2 else 'A dreadful'} film, number {i}; I {'loved' if i % 2 else 'hated'} it"
    for i in range(60)
]
LABELS = ["positive" if i % 2 else "negative" for i in range(60)]
FRAME = pd.DataFrame({"text": TEXTS, "label": LABELS})
ROWS = tuple(zip(TEXTS, LABELS, strict=True))


def read(content: str | bytes, name: str = "a.csv", encoding: str = "utf-8") -> table.Table:
    return read_table(content if isinstance(content, bytes) else content.encode(encoding), name=name)


def written(**options: object) -> str:
    return FRAME.to_csv(index=False, **options)  # type: ignore[call-overload]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiters_encodings_and_line_ends(delimiter: str, encoding: str, ending: str) -> None:
    content = written(sep=delimiter, lineterminator=ending).replace("film", "Café-Film")
    found = read(content, encoding=encoding)
    assert found.columns == ("text", "label")
    assert [row[0] for row in found.rows] == [text.replace("film", "Café-Film") for text in TEXTS]
    assert [row[1] for row in found.rows] == LABELS
    assert any("Windows-1252" in note for note in found.notes) == (encoding == "cp1252")


ABOVE = {
    "sep=": "sep=,\n",
    "title": "Reviews of 2024\n\n",
    "padded title": "Reviews of 2024,\n,\n",
    "comments": "# written by hand\n# twice, with care, and more\n",
    "blank": "\n\n",
}


@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE)
def test_lines_above_the_heading_are_no_rows(above: str) -> None:
    found = read(above + written())
    assert (found.columns, found.rows) == (("text", "label"), ROWS)
    assert found.lines[0] == above.count("\n") + 2


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        ("a,b,\n1,2,\n3,4,\n", ("a", "b"), (("1", "2"), ("3", "4"))),
        ("a,b,\n1,2\n3,4\n", ("a", "b"), (("1", "2"), ("3", "4"))),
        ("a,b\n1,2,\n3,4,,\n", ("a", "b"), (("1", "2"), ("3", "4"))),
        ("a,,b\n1,,2\n3,,4\n", ("a", "column 2", "b"), (("1", "", "2"), ("3", "", "4"))),
        ('"x" "y"\n'.replace(" ", ",") + '"r1",1,2\n"r2",3,4\n"r3",5,6\n', ("column 1", "x", "y"), None),
        (",text\n0,fine\n1,bad\n", ("column 1", "text"), None),
    ],
    ids=["all", "heading", "rows", "middle", "R", "pandas"],
)
def test_trailing_delimiters_and_nameless_columns(
    content: str, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...] | None
) -> None:
    found = read(content)
    assert found.columns == columns
    assert rows is None or found.rows == rows
    assert all(len(row) == len(columns) for row in found.rows)


def test_stray_quotation_marks_cost_no_row() -> None:
    lines = [f"{text}\t{label}" for text, label in ROWS]
    for place, change in {
        5: lambda line: '"' + line,
        20: lambda line: line.replace("\t", '"\t'),
        30: lambda line: '"A" film' + line,
        31: lambda line: line.replace("film", '5" film'),
        40: lambda line: '"' + line,
        41: lambda line: line.replace("\t", '"\t'),
    }.items():
        lines[place] = change(lines[place])
    found = read("sentence\tlabel\n" + "\n".join(lines), "a.tsv")
    assert [row[1] for row in found.rows] == LABELS
    assert found.rows[20][0] == TEXTS[20] + '"'
    assert found.rows[30][0] == '"A" film' + TEXTS[30]
    assert any("quotation mark" in note for note in found.notes)


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_swallowed_row_is_told_from_a_text_of_several_lines(delimiter: str) -> None:
    simple = [f"{'good' if i % 2 else 'bad'} film {i}{delimiter}{LABELS[i]}" for i in range(30)]
    swallowed = [*simple]
    swallowed[7] = '"' + swallowed[7]
    swallowed[12] = swallowed[12].replace(delimiter, f'"{delimiter}')
    found = read(f"text{delimiter}label\n" + "\n".join(swallowed))
    assert len(found.rows) == 30 and {row[1] for row in found.rows} == {"positive", "negative"}
    whole = [*simple]
    whole[7] = f'"Great phone{delimiter} love it\nBattery too, she said ""wow"""{delimiter}positive'
    found = read(f"text{delimiter}label\n" + "\n".join(whole))
    assert len(found.rows) == 30
    assert found.rows[7] == (f'Great phone{delimiter} love it\nBattery too, she said "wow"', "positive")
    assert found.lines[8] == 11


def test_quotation_marks_escaped_by_a_backslash() -> None:
    texts = [f'They said "number {i}", and left \\ right' for i in range(30)]
    out = io.StringIO()
    csv.writer(out, doublequote=False, escapechar="\\", quoting=csv.QUOTE_ALL).writerows(
        [("text", "label"), *((text, LABELS[i]) for i, text in enumerate(texts))]
    )
    found = read(out.getvalue())
    assert [row[1] for row in found.rows] == LABELS[:30]
    assert found.rows[3][0].replace("\\\\", "\\") == texts[3]


HEADLESS = {
    "iris": ("5.1,3.5,Iris-setosa\n4.9,3.0,Iris-setosa\n6.3,3.3,Iris-virginica\n5.8,2.7,Iris-virginica\n", "a.csv"),
    "SMS spam": (
        "ham\tGo until jurong point, crazy..\nspam\tFree entry in 2 a wkly\nham\tOk lar... Joking\n" * 3,
        "a.txt",
    ),
    "UCI": ("So there is no way for me to plug it in.\t0\nGood case, Excellent value.\t1\n" * 6, "amazon.txt"),
    "tweets": (
        '"0","1467810369","NO_QUERY","@switchfoot - Awww, a bummer"\n"4","1467810672","NO_QUERY","is upset that"\n' * 4,
        "a.csv",
    ),
    "german": ("0,13;-0,13;A\n0,64;0,10;B\n-0,54;0,36;A\n" * 3, "a.csv"),
}


@pytest.mark.parametrize(("content", "name"), HEADLESS.values(), ids=HEADLESS)
def test_a_table_without_a_heading_keeps_its_first_row_and_the_switch_makes_it_one(content: str, name: str) -> None:
    found = read(content, name)
    assert found.heading is None
    assert found.columns[0] == "column 1"
    assert len(found.rows) == content.count("\n")
    switched = with_heading(found, True)
    assert len(switched.rows) == len(found.rows) - 1
    assert switched.columns[0].strip() == found.rows[0][0].strip()
    assert with_heading(switched, False) == found
    assert read_table(content.encode(), name=name, heading=1) == switched


HEADED = {
    "words only": "text,label\nfine,pos\nbad,neg\n",
    "numbers": "x,y\n1,2\n3,4\n",
    "counted": "label,0,1,2,3\n5,0,0,9,1\n4,0,1,1,1\n",
    "one column": "text\nA fine film\nA bad one\n",
    "no rows": "text,label\n",
    "comment sign": "#id,text\n1,a fine film\n2,a bad one\n",
}


@pytest.mark.parametrize("content", HEADED.values(), ids=HEADED)
def test_a_heading_is_recognised(content: str) -> None:
    found = read(content)
    assert found.heading is not None
    assert len(found.rows) == content.count("\n") - 1
    assert len(with_heading(found, False).rows) == content.count("\n")


def test_words_for_nothing_are_words() -> None:
    found = read("sleep,disorder\n1,None\n2,NA\n3,null\n4,nan\n")
    assert [row[1] for row in found.rows] == ["None", "NA", "null", "nan"]


def test_a_text_file_with_a_text_a_line_is_no_table_and_loses_no_line() -> None:
    lines = ["Great film, really.", "Bad; awful, boring, long", 'He said "wow" and left', "# nice", "Good, bad."]
    found = read("\n".join(lines) + "\n", "reviews.txt")
    assert (found.columns, found.heading) == (("text",), None)
    assert [row[0] for row in found.rows] == lines


def test_a_text_file_with_tabs_is_a_table() -> None:
    assert read(written(sep="\t"), "a.txt").rows == ROWS


def test_json_lines_arrays_and_columns() -> None:
    records = [{"text": text, "label": label, "n": number} for number, (text, label) in enumerate(ROWS)]
    expected = tuple((*row, str(number)) for number, row in enumerate(ROWS))
    for content in (
        "\n".join(map(json.dumps, records)),
        json.dumps(records),
        json.dumps(records, indent=2),
        FRAME.assign(n=range(60)).to_json(),
        FRAME.assign(n=range(60)).to_json(orient="records", lines=True),
        json.dumps({"text": TEXTS, "label": LABELS, "n": list(range(60))}),
    ):
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            found = read(content, "a.json", encoding)
            assert (found.columns, found.rows) == (("text", "label", "n"), expected)


def test_json_lines_that_are_no_objects_are_left_out_with_their_lines() -> None:
    found = read('{"a": "x", "b": null}\n{"a": "y"\n[1]\n\n{"b": "None", "a": "z"}\n', "a.jsonl")
    assert found.rows == (("x", ""), ("z", "None"))
    assert found.left_out == {"it is no JSON object": 2}
    assert [bad.line for bad in found.bad] == [2, 3]


def test_parquet_with_missing_values_names_of_classes_and_columns_that_are_no_text() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    features = {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}, "text": {"dtype": "string"}}
    given = pa.table(
        {"text": [*TEXTS, None], "label": [i % 2 for i in range(61)], "parts": [[1, 2]] * 61}
    ).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    file = io.BytesIO()
    pq.write_table(given, file)
    found = read(file.getvalue(), "a.parquet")
    assert found.columns == ("text", "label")
    assert found.rows[:60] == tuple((text, ("neg", "pos")[i % 2]) for i, text in enumerate(TEXTS))
    assert found.rows[60] == ("", "neg")
    assert any("parts" in note for note in found.notes)
    file = io.BytesIO()
    FRAME.astype({"label": "category"}).to_parquet(file)
    assert read(file.getvalue(), "a.parquet").rows == ROWS


def test_a_parquet_file_of_a_few_bytes_that_says_millions_is_read_to_the_limit() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table({"text": ["x" * 1_000] * 1_000_000, "label": [1] * 1_000_000}), file)
    found = read(file.getvalue(), "a.parquet")
    assert 50_000 < len(found.rows) < table.MAX_ROWS
    assert any("Only the first" in note and "1,000,000" in note for note in found.notes)


def workbook(*sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"sheet {number}")
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_workbooks_with_titles_empty_rows_and_several_sheets() -> None:
    rows: list[list[object]] = [["Survey of 2024"], [], ["text", "stars", "seen"]]
    rows += [[text, number % 3, pd.Timestamp(2024, 1, 2)] for number, text in enumerate(TEXTS)]
    rows.insert(10, [None, None, None])
    found = read(workbook([], rows, [["other"]]), "a.xlsx")
    assert found.columns == ("text", "stars", "seen")
    assert len(found.rows) == 60 and found.rows[1] == (TEXTS[1], "1", "2024-01-02")
    assert found.left_out == {"it is empty": 1}
    assert any("sheet 1" in note and "sheet 2" in note for note in found.notes)


def test_a_workbook_with_cells_far_apart_is_refused_before_it_takes_memory() -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "a", 1
    file = io.BytesIO()
    book.save(file)
    with pytest.raises(InvalidInputError, match="far apart as row 1,048,576 and column 16,384"):
        read(file.getvalue(), "a.xlsx")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04\x00\x00", "not a workbook"),
        (spreadsheet.OLD + b"x" * 100, "without a password"),
        (b"PAR1" + b"x" * 50, "not a Parquet file"),
        (bytes(range(256)) * 20, "not a text file"),
        (b"text,label\nschl\x81\x8d\xe4cht,a\n", "line 2 holds the byte 0x81"),
        (b'[{"a": 1}, 2', "holds no JSON objects"),
        (b"a," * 300 + b"\n1,2\n", "301 columns; at most 200"),
    ],
    ids=["empty", "zip", "old Excel", "Parquet", "bytes", "encoding", "JSON", "wide"],
)
def test_what_is_no_table_is_refused_by_name(content: bytes, part: str) -> None:
    with pytest.raises(InvalidInputError, match=part):
        read(content)


def test_over_the_limit_the_first_rows_are_read_and_that_is_said() -> None:
    found = read("text,label\n" + "good,a\n" * 250_000)
    assert len(found.rows) == table.MAX_ROWS == 200_000
    assert any("first 200,000 rows of about 250,001" in note for note in found.notes)
    large = read(b"text,label\n" + (b"x" * 990 + b",positive\n") * 10_100)
    assert len(large.rows) == (table.MAX_BYTES - 11) // 1_000
    assert all(row[1] == "positive" for row in large.rows)
    assert any("first 10 MB" in note for note in large.notes)
    wide = read((b"ab," * 99 + b"cd\n") * 11_000)
    assert sum(map(len, wide.rows)) == table.MAX_CELLS == 1_000_000
    assert any("Only the first" in note for note in wide.notes)


def test_a_damaged_letter_costs_its_row_alone_and_is_said() -> None:
    content = ("text,label\n" + "schön und gut,a\n" * 20).encode() + b"sch\xf6n,b\n"
    found = read(content)
    assert found.rows == (("schön und gut", "a"),) * 20
    assert found.left_out == {"it holds bytes that are not UTF-8": 1}


def test_blank_rows_are_counted_and_malformed_ones_stay_to_be_judged() -> None:
    found = read("a,b\n1,2\n\n,\n3\n4,5,6\n\n\n")
    assert found.rows == (("1", "2"), ("3",), ("4", "5", "6"))
    assert found.left_out == {"it is empty": 2}
    assert found.lines == (2, 5, 6)


@pytest.mark.parametrize("seed", range(3))
def test_what_pandas_writes_comes_back(seed: int) -> None:
    chance = np.random.default_rng(seed)
    pieces = ["a", "b c", '"', ",", ";", "\n", "'", "é", " ", "x\ty", "\\"]
    rows = [
        (f"t {i} " + "".join(chance.choice(pieces, 6)) + "!", f"k{chance.integers(3)}", str(chance.integers(9)))
        for i in range(100)
    ]
    frame = pd.DataFrame(rows, columns=["text", "kind", "n"])
    for delimiter in ",;\t":
        found = read(frame.to_csv(index=False, sep=delimiter))
        assert found.rows == tuple(rows)
