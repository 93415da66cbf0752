"""`python -m core generate`: what it writes, and what it says when it cannot."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.demos.generator.painter import release_painter
from core.terminal.commands import main

THREES = ["generate", "generator", "--class", "3", "--count", "5", "--seed", "7"]


def test_a_file_for_numpy_holds_the_asked_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "threes.npz"
    assert main([*THREES, "--out", str(out)]) == 0
    with np.load(out) as made:
        assert (made["images"].shape, made["images"].dtype) == ((5, 28, 28), np.uint8)
        assert made["labels"].tolist() == [3] * 5
        assert made["labels"].dtype == np.int64
        assert np.array_equal(made["images"], release_painter().synthetic(5, seed=7, only=3)[0])
    line = json.loads(capsys.readouterr().out)
    assert line.pop("seconds") >= 0
    assert line == {
        "demo": "generator",
        "model": "release",
        "data": "mnist",
        "class": "3",
        "count": 5,
        "seed": 7,
        "out": str(out),
    }


def test_all_classes_come_in_equal_numbers(tmp_path: Path) -> None:
    out = tmp_path / "all.npz"
    assert main(["generate", "generator", "--data", "fashion", "--count", "20", "--out", str(out)]) == 0
    with np.load(out) as made:
        assert np.bincount(made["labels"]).tolist() == [2] * 10


def test_a_folder_gets_a_picture_for_each(tmp_path: Path) -> None:
    arguments = ["--data", "fashion", "--class", "t-shirt/TOP", "--count", "3", "--out", str(tmp_path / "clothes")]
    assert main(["generate", "generator", *arguments]) == 0
    paths = sorted((tmp_path / "clothes").rglob("*.png"))
    assert [str(path.relative_to(tmp_path / "clothes")) for path in paths] == [
        f"T-shirt-top/0000{number}.png" for number in range(3)
    ]
    with Image.open(paths[0]) as picture:
        assert (picture.size, picture.mode) == ((28, 28), "L")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--class", "ten"], "--class is “ten”; allowed is all, a number from 0 to 9, or one of: 0, 1"),
        (["--class", "10"], "--class is “10”"),
        (["--count", "0"], "--count is 0; allowed is 1 to 100,000."),
        (["--seed", "-1"], "--seed is -1"),
        (["--model", "zzzzzz"], "There is no run “zzzzzz”"),
        (["--model", "zzzzzz", "--data", "fashion"], "Leave one of them out"),
    ],
)
def test_what_is_not_allowed_is_said(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "generator", *arguments, "--out", str(tmp_path / "x.npz")]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "x.npz").exists()


def test_a_file_is_not_taken_for_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "digits.txt"
    path.write_text("mine")
    assert main([*THREES, "--out", str(path)]) == 1
    assert "ends in .npz" in capsys.readouterr().err
    assert path.read_text() == "mine"
