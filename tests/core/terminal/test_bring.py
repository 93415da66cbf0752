"""`import`, and tables as inputs of `predict`: what is kept, what is left out, and training on it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.data.pictures import picture_set, sources
from core.data.text import table
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import load
from core.terminal.commands import main, parser

ROWS = [(f"a {('bad', 'fine')[i % 2]} film {i}", ("neg", "pos")[i % 2]) for i in range(40)]


def said(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, object], str]:
    captured = capsys.readouterr()
    return json.loads(captured.out), captured.err


def test_a_table_is_kept_and_its_left_out_rows_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reviews.xlsx"
    pd.DataFrame([*ROWS, ("no label", None)], columns=["review", "stars"]).to_excel(path, index=False)
    assert main(["import", "sentiment", str(path)]) == 0
    answer, _ = said(capsys)
    assert (answer["text"], answer["label"], answer["examples"]) == ("review", "stars", 40)
    assert answer["left_out"] == {"its label is empty": 1}
    assert answer["rows_left_out"] == [{"line": 42, "why": "its label is empty"}]
    assert table.OWN.stored(str(answer["kept"])).classes == ("neg", "pos")
    assert f"--table {answer['kept']}" in str(answer["train"])


def test_columns_and_heading_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("".join(f"{text},{label}\n" for text, label in ROWS))
    assert main(["import", "sentiment", str(path), "--no-heading", "--text", "column 1", "--label", "column 2"]) == 0
    assert said(capsys)[0]["examples"] == 40
    assert main(["import", "sentiment", str(path), "--heading"]) == 0
    assert said(capsys)[0]["examples"] == 39
    assert main(["import", "sentiment", str(path), "--label", "stars"]) == 1
    assert "no column “stars”" in capsys.readouterr().err


def test_a_folder_of_digits_is_kept_to_be_trained_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits = sources.load_images("mnist5k")
    for number in range(120):
        folder = tmp_path / "mine" / str(digits.train_labels[number])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits.train_images[number]).save(folder / f"{number}.png")
    (tmp_path / "mine" / "7" / "broken.png").write_text("broken")
    assert main(["import", "digits", str(tmp_path / "mine")]) == 0
    answer, _ = said(capsys)
    assert answer["examples"] == 120
    assert sum(answer["left_out"].values()) == 1  # type: ignore[attr-defined]
    kept = picture_set.OWN.stored(str(answer["kept"]))
    np.testing.assert_array_equal(np.sort(kept.labels), np.sort(digits.train_labels[:120]))
    options = parser().parse_args(str(answer["train"]).split()[3:])
    assert options.synthetic == answer["kept"]
    assert load(DigitsConfig(synthetic=options.synthetic)).train.name == "120 pictures of one's own (mine)"


def test_the_texts_of_a_table_are_answered_and_its_heading_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text('id;note;text\n1;x;"A fine film; really"\n2;;\n3;y;A bad film\n', encoding="cp1252")
    assert main(["predict", "sentiment", "--model", "small", str(path)]) == 0
    captured = capsys.readouterr()
    assert [json.loads(line)["input"] for line in captured.out.splitlines()] == ["A fine film; really", "A bad film"]
    assert "column “text”" in captured.err and "1 row: its text is empty" in captured.err
    assert main(["predict", "sentiment", "--model", "small", "--column", "stars", str(path)]) == 1
    assert "no column “stars”" in capsys.readouterr().out
