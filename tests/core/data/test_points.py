"""Points as short text, and a person's table as points."""

import io

import numpy as np
import pytest

from core.data import points
from core.data.tables import table
from core.errors import InvalidInputError
from core.knobs import from_text, to_json
from core.lessons import playground
from core.lessons.playground import PlaygroundSettings


def test_points_survive_their_text() -> None:
    given = np.random.default_rng(0).uniform(-3, 3, (40, 3))
    given[:, 2] = given[:, 2] > 0
    found = points.decode(points.encode(given))
    np.testing.assert_allclose(found, given, atol=0.0015)
    np.testing.assert_array_equal(points.decode(points.encode(found)), found)


def test_heights_survive_their_text_and_the_address() -> None:
    given = np.random.default_rng(0).uniform(-1, 1, (40, 3)) * [3, 3, 1]
    found = points.decode_heights(points.encode_heights(given))
    np.testing.assert_allclose(found, given, atol=0.00075)
    np.testing.assert_allclose(points.decode_heights(points.encode_heights(found)), found, atol=1e-12)
    settings = PlaygroundSettings(data="heights", heights=points.encode_heights(given), test_share=0)
    assert from_text(PlaygroundSettings, {name: str(value) for name, value in to_json(settings).items()}) == (
        settings,
        [],
    )
    begin = playground.start(settings)
    assert sorted(begin.targets) == pytest.approx(sorted(found[:, 2]), abs=1e-6)


ROWS = (f"{150 + i};{50 + (i * 7) % 30};{'cat' if i % 3 else 'dog'}" for i in range(600))
CSV = "\n".join(["height;weight;kind", *ROWS])


def test_two_columns_of_a_table_become_points() -> None:
    table = points.read_table(CSV.encode(), name="pets.csv")
    assert set(table.numeric) == {"height", "weight"}
    found = points.pick(table, ("height", "weight"), label="kind", positive="dog")
    assert found.shape == (points.MAX_POINTS, 3)
    assert np.abs(found[:, :2]).max() <= points.PLANE
    assert found[:, 2].mean() == pytest.approx(1 / 3, abs=0.05)
    assert (np.diff(found[:, 0]) > 0).all()


def test_a_column_of_many_numbers_becomes_heights_from_the_lowest_to_the_highest() -> None:
    rows = "\n".join(f"{i},{i % 7},{100 + 3 * i}" for i in range(50))
    table = points.read_table(f"day,shelf,sold\n{rows}".encode(), name="shop.csv")
    assert set(table.labels) == {"shelf"}
    found = points.pick(table, ("day", "shelf"), label="sold", positive=None)
    np.testing.assert_allclose(found[:, 2], np.linspace(-1, 1, 50))
    numbers = "\n".join(f"{i},{i * i},{i**3}" for i in range(30))
    assert not points.read_table(f"a,b,c\n{numbers}".encode(), name="t.csv").labels


def test_rows_that_lack_a_chosen_value_are_left_out_and_counted() -> None:
    rows = ["1,2,x,", "2,NA,x,", "3,,y,", "4,5", "5,6,y,,7", " 6 ,1e2,x,", "7,8,y,", "8,9,y,", "", "9,9,,"]
    found = points.read_table("\n".join(["a,b,kind,sparse", *rows]).encode(), name="t.csv")
    assert (found.rows, list(found.numeric)) == (8, ["a", "b"])
    assert found.left_out == {"it is empty": 1, "it has another number of cells than the heading": 1}
    assert found.numeric["a"].tolist() == [1, 2, 3, 4, 6, 7, 8, 9]
    assert np.isnan(found.numeric["b"]).tolist() == [False, True, True, *[False] * 5]
    kept, left_out = points.complete(found, ("a", "b"), label="kind", is_class=True)
    assert kept.tolist() == [True, False, False, False, True, True, True, False]
    assert left_out == {"no number in “b”": 2, "nothing in “kind”": 2}
    assert len(points.pick(found, ("a", "b"), label="kind", positive="x")) == 4
    with pytest.raises(InvalidInputError, match="1 columns of numbers"):
        points.read_table(b"a,b,kind\n1,2,x\n2,inf,x\n3,4,y\n5,6,y\n", name="t.csv")


def test_a_column_with_gaps_costs_no_row_of_the_principal_components() -> None:
    rows = "".join(f"{i},{i * i},{i % 7},{i if i % 3 == 0 else ''},,{'xy'[i % 2]}\n" for i in range(90))
    found = points.read_table(f"a,b,c,sparse,empty,kind\n{rows}".encode(), name="t.csv")
    assert points.all_numbers(found, "kind") == ("a", "b", "c")
    assert len(points.pick(found, None, label="kind", positive="x")) == 90
    assert len(points.pick(found, ("a", "sparse"), label="kind", positive="x")) == 30


def test_too_few_rows_with_all_that_is_chosen_are_refused_with_what_is_missing() -> None:
    rows = "".join(f"{i},{i if i < 3 else ''},{'xy'[i % 2]}\n" for i in range(40))
    found = points.read_table(f"a,b,kind\n{rows}".encode(), name="t.csv")
    with pytest.raises(InvalidInputError, match=r"Only 3 rows .* 37 rows: no number in “b”"):
        points.pick(found, ("a", "b"), label="kind", positive="x")


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        ("0,5 1,25 -3,0", [0.5, 1.25, -3]),
        ("1.234,5 12,0 0,1", [1234.5, 12, 0.1]),
        ("1,234.5 12.0 1,000,000", [1234.5, 12, 1e6]),
        ("1'234.5 2'000 3", [1234.5, 2000, 3]),
        ("−1 45% .5", [-1, 45, 0.5]),
    ],
    ids=["comma", "point between thousands", "comma between thousands", "Swiss", "signs"],
)
def test_numbers_are_read_as_they_are_written(cells: str, numbers: list[float]) -> None:
    rows = "".join(f"{one};{i};{'xy'[i % 2]}\n" for i in range(4) for one in cells.split())
    found = points.read_table(f"a;b;kind\n{rows}".encode(), name="t.csv")
    assert found.numeric["a"][:3].tolist() == numbers


def test_none_is_a_class_as_others_are_and_capitals_make_no_other_class() -> None:
    rows = "".join(f"{i},{i * i},{('None', 'NA', 'none ', 'Apnea')[i % 4]}\n" for i in range(40))
    found = points.read_table(f"a,b,kind\n{rows}".encode(), name="t.csv")
    assert set(found.labels["kind"]) == {"None", "NA", "Apnea"}
    assert len(points.pick(found, ("a", "b"), label="kind", positive="None")) == 40


def test_a_table_without_a_heading_has_all_its_rows() -> None:
    rows = "".join(f"{i / 7:.1f},{i},{('Iris-setosa', 'Iris-virginica')[i % 2]}\n" for i in range(40))
    found = points.read_table(rows.encode(), name="iris.csv")
    assert (found.rows, list(found.numeric), list(found.labels)) == (40, ["column 1", "column 2"], ["column 3"])
    assert points.read_table(rows.encode(), name="iris.csv", heading=1).rows == 39


def test_principal_components_are_those_of_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    values = np.random.default_rng(0).normal(size=(80, 4)) @ np.diag([3.0, 2.0, 1.0, 0.5])
    text = io.StringIO()
    text.write("a,b,c,d,kind\n")
    for index, row in enumerate(values):
        text.write(",".join(f"{value:.6f}" for value in row) + f",{'x' if index % 2 else 'y'}\n")
    found = points.pick(points.read_table(text.getvalue().encode(), name="t.csv"), None, label="kind", positive="x")
    scaled = (values - values.mean(0)) / values.std(0)
    reference = PCA(2).fit_transform(scaled)
    reference /= reference.std(0).max()
    for column in range(2):
        assert abs(np.corrcoef(found[:, column], reference[:, column])[0, 1]) == pytest.approx(
            1, abs=2e-3
        )  # points beyond the border are moved onto it


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "is empty"),
        (b"\xff\x00garbage\x00", "not a text file"),
        (b"a,b,kind\n1,2,x\n", "Needed are"),
        (b"a,b\n1,2\n3,4\n5,6\n7,8\n9,9\n", None),
        (b"a,kind\n" + b"1,x\n2,y\n" * 5, "1 columns of numbers"),
        (b"a,b,kind\n" + b"inf,1,x\n2,2,y\n" * 4, "1 columns of numbers"),
        (b"x" * (table.MAX_BYTES + 1), "0 rows, 0 columns of numbers"),
        (b"a,b,c" + b"\n" * 300_000 + b"1,2,x", "Left out were 200,000 rows: it is empty"),
    ],
    ids=["empty", "bytes", "one row", "numbers only", "one column", "infinite", "large", "blank"],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_reason(data: bytes, part: str | None) -> None:
    if part is None:  # a column of few different numbers may say the class
        assert points.read_table(data, name="t.csv").labels
        return
    with pytest.raises(InvalidInputError, match=part):
        points.read_table(data, name="t.csv")


def test_a_table_of_very_many_columns_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="at most 200 are allowed"):
        points.read_table(b"a," * 40_000 + b"a\n", name="t.csv")


@pytest.mark.parametrize("huge", ["1e308", "-1e200"])
def test_a_column_of_numbers_too_large_is_refused_by_name(huge: str) -> None:
    table = points.read_table(b"a,b,kind\n" + f"1,{huge},x\n2,1,y\n".encode() * 4, name="t.csv")
    with pytest.raises(InvalidInputError, match="Column “b” has numbers too large"):
        points.pick(table, ("a", "b"), label="kind", positive="x")


def test_a_constant_column_is_refused_by_name() -> None:
    table = points.read_table(b"a,b,kind\n" + b"1,1,x\n1,2,y\n" * 4, name="t.csv")
    with pytest.raises(InvalidInputError, match="column “a” are the same"):
        points.pick(table, ("a", "b"), label="kind", positive="x")
