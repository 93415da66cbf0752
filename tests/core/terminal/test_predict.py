"""`predict`: drawings, pictures and texts, good and bad, many at a time."""

import io
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from core.data.pictures import sources
from core.data.pictures.pen_strokes import Strokes, strokes_from_json
from core.demos.digits.reader import DigitReader, read_model
from core.terminal.predict import BATCH
from tests.support.processes import Call, spawn
from tests.support.terminal_inputs import seven, write_picture, write_strokes


def test_strokes_and_pictures_are_answered_in_order_and_as_on_the_page(call: Call, tmp_path: Path) -> None:
    images, labels = sources.held_out_digits()
    picture = write_picture(tmp_path / "größe.png", images[0])
    drawn = seven(tmp_path / "seven.json")
    status, (first, second, third), err = call("predict", "digits", picture, drawn, picture)
    assert (status, err) == (0, "")
    assert (first["input"], first["answer"]) == (picture, str(labels[0]))
    assert (second["input"], second["answer"]) == (drawn, "7")
    assert third["probabilities"] == pytest.approx(first["probabilities"])
    page = read_model().read(strokes_from_json(Path(drawn).read_text(encoding="utf-8")))
    assert page.probabilities == pytest.approx(tuple(second["probabilities"].values()), abs=2e-6)
    assert list(second["probabilities"]) == [str(digit) for digit in range(10)]
    assert second["milliseconds"] > 0


def test_each_digit_of_a_page_is_answered_row_by_row(call: Call, tmp_path: Path) -> None:
    images, labels = sources.held_out_digits()
    first = [int(np.flatnonzero(labels == digit)[0]) for digit in range(6)]
    page = np.vstack(
        [np.hstack([np.kron(np.pad(images[i], 8), np.ones((4, 4))) for i in first[n : n + 3]]) for n in (0, 3)]
    )
    status, (line,), _ = call("predict", "digits", write_picture(tmp_path / "page.png", (255 - page).astype(np.uint8)))
    assert (status, line["error"]) == (1, "two_digits")
    assert [[digit["answer"] for digit in row] for row in line["rows"]] == [["0", "1", "2"], ["3", "4", "5"]]


def test_what_cannot_be_answered_is_said_with_its_code_and_the_others_are_answered(call: Call, tmp_path: Path) -> None:
    def lines(name: str, *paths: list[list[float]]) -> str:
        given = tuple(tuple((float(x), float(y)) for x, y in path) for path in paths)
        return write_strokes(tmp_path / name, Strokes(given, (280, 280), 20.0))

    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "broken.json").write_text('{"strokes": [')
    (tmp_path / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5_000_001))
    expected = {
        lines("blank.json"): "blank",
        write_picture(tmp_path / "white.png", np.full((100, 100), 255, np.uint8)): "blank",
        lines("dot.json", [[100, 100], [101, 101]]): "dot",
        lines("two.json", [[60, 60], [60, 220]], [[220, 60], [220, 220]]): "two_digits",
        str(tmp_path / "text.png"): "unreadable",
        str(tmp_path / "broken.json"): "unreadable",
        str(tmp_path / "huge.png"): "unreadable",
        str(tmp_path / "missing.png"): "unreadable",
        str(tmp_path): "unreadable",
        "with\0nul": "unreadable",
    }
    good = seven(tmp_path / "seven.json")
    status, answered, err = call("predict", "digits", *expected, good)
    assert (status, err) == (1, "")
    assert {line["input"]: line["error"] for line in answered[:-1]} == expected
    assert all(line["message"] and "answer" not in line for line in answered[:-1])
    assert answered[-1]["answer"] == "7"


def test_a_stroke_over_the_border_is_answered_with_a_warning(call: Call, tmp_path: Path) -> None:
    drawn = Strokes((((140.0, 0.0), (140.0, 200.0)),), (280, 280), 20.0)
    status, (line,), _ = call("predict", "digits", write_strokes(tmp_path / "one.json", drawn))
    assert status == 0
    assert (line["answer"], line["warning"]) == ("1", "cut")
    assert "border" in line["message"]


def test_a_thousand_names_on_standard_input_are_answered_by_one_model_many_at_a_time(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: dict[DigitReader, list[int]] = defaultdict(list)
    probabilities = DigitReader.probabilities

    def counted(reader: DigitReader, given: np.ndarray) -> np.ndarray:
        sizes[reader].append(len(given))
        return probabilities(reader, given)

    monkeypatch.setattr(DigitReader, "probabilities", counted)
    images, labels = sources.held_out_digits()
    names = [write_picture(tmp_path / f"{index}.png", image) for index, image in enumerate(images)]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(names) + "\n"))
    status, answered, err = call("predict", "digits", "-")
    assert (status, err) == (0, "")
    assert [line["input"] for line in answered] == names
    assert np.mean([line["answer"] == str(label) for line, label in zip(answered, labels, strict=True)]) > 0.98
    assert list(sizes.values()) == [[BATCH] * 7 + [1000 - 7 * BATCH]]


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    names = "\n".join([seven(tmp_path / "seven.json")] * 600)
    process = spawn("predict", "digits", "-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(names)
    process.stdin.close()
    assert json.loads(process.stdout.readline())["answer"] == "7"
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(timeout=60)


def test_texts_are_answered_one_a_line_of_a_file_and_from_the_command_itself(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "reviews.txt"
    file.write_text("A terrible film.\n\n!!!\n" + 300_000 * "long " + "\n", encoding="utf-8")
    missing = str(tmp_path / "none.txt")
    status, lines, _ = call("predict", "sentiment", str(file), missing, "--text", "A wonderful film.")
    assert status == 1
    assert [line.get("answer", line.get("error")) for line in lines] == [
        "negative",
        "no_words",
        "too_long",  # one text, of which only the beginning is kept
        "unreadable",
        "positive",
    ]
    assert len(lines[2]["input"]) <= 100_000
    assert lines[4]["input"] == "A wonderful film."
    assert lines[4]["sure"] is True
    assert sum(lines[4]["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_a_text_for_a_demo_of_files_and_nothing_at_all_are_refused(call: Call) -> None:
    status, _, err = call("predict", "digits", "--text", "seven")
    assert (status, "leave --text out" in err) == (1, True)
    status, _, err = call("predict", "sentiment")
    assert (status, "nothing to answer" in err) == (1, True)


def test_files_may_stand_after_the_model_too(call: Call, tmp_path: Path) -> None:
    files = [write_picture(tmp_path / f"{number}.png", np.full((28, 28), 255, np.uint8)) for number in range(3)]
    _, expected, _ = call("predict", "digits", *files, "--model", "release")
    _, lines, _ = call("predict", "digits", files[0], "--model", "release", *files[1:])
    assert [line["input"] for line in lines] == [line["input"] for line in expected] == files
    status, lines, said = call("predict", "digits", "--modell", "release", *files)
    assert (status, lines) == (2, [])
    assert "--modell" in said
