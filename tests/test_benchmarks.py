"""What keeps the benchmarks honest: the page says what was kept, the peer is the peer, stroke sets are reproducible."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks import (
    canvas,
    estimates,
    handwriting,
    reference_dcgan,
    reference_mnist,
    report,
    results,
    sentiment_minute,
    sentiment_peer,
    strokes,
)
from benchmarks.results import Figure, Findings, Options
from core import demos
from core.contract import Dataset, Split
from core.data.pictures import drawing
from core.data.pictures import strokes as training_strokes
from core.data.pictures.pen_strokes import strokes_from_canvas, strokes_from_json
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.learner import make_network
from core.demos.sentiment.network import Transformer
from core.errors import DataUnavailableError
from release import record
from tests.support.pytorch_layer import copied

CARD: dict[str, Any] = {
    "config": {"seed": 0, "epochs": 3},
    "trained_on": "10 images",
    "parameters": 1234,
    "bytes": 500_000,
    "minutes": 2.0,
    "machine": "a machine",
    "figures": [{"set": "10,000 MNIST test images", "examples": 10_000, "accuracy": 99.5}],
}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Results and page in a folder of the test's own."""
    monkeypatch.setattr(results.save, "__defaults__", (tmp_path,))
    monkeypatch.setattr(results.read, "__defaults__", (tmp_path,))
    monkeypatch.setattr(report, "PAGE", tmp_path / "benchmarks.md")
    return tmp_path


def found(*values: float) -> results.Result:
    findings = Findings([Figure("Waiting", values, "ms", "at most 10 ms", 1)], [3, 4])
    return results.result("waits", findings, title="Waits", method="Waits.", load_before=1.25, command="a command")


def test_the_page_in_the_repository_is_what_its_results_say() -> None:
    assert report.PAGE.read_text() == report.page(results.read())


def test_a_result_survives_its_file_and_shows_median_mean_and_circumstances(kept: Path) -> None:
    results.save(found(1.0, 2.0, 6.0))
    page = report.page(results.read())
    assert "| Waiting | 2.0 ms | 3.0 ms | 1.0, 2.0, 6.0 | at most 10 ms |" in page
    assert "by `a command`, seeds 3, 4." in page
    assert "Load average 1.2 before" in page


def test_many_values_are_shown_by_their_range(kept: Path) -> None:
    assert "| 3.5 ms | 3.5 ms | 1.0 to 6.0 (6 values) |" in report.section(found(1, 2, 3, 4, 5, 6))


def test_release_seeds_are_gathered_and_a_repeated_seed_takes_the_place_of_the_earlier(kept: Path) -> None:
    for seed, accuracy in ((0, 99.5), (1, 99.7), (0, 99.6)):
        figures = [{**CARD["figures"][0], "accuracy": accuracy}]
        card = {**CARD, "config": {"seed": seed, "epochs": 3}, "figures": figures}
        result = record.release("digits", card, load_before=0.0)
    assert (result.seeds, result.figures[0].values) == ([1, 0], [99.7, 99.6])
    assert "99.65 %" in (kept / "benchmarks.md").read_text()


def test_another_training_starts_a_new_record(kept: Path) -> None:
    record.release("digits", CARD, load_before=0.0)
    result = record.release("digits", {**CARD, "config": {"seed": 1, "epochs": 9}}, load_before=0.0)
    assert result.seeds == [1]


def test_the_peer_has_the_network_of_the_example() -> None:
    network = reference_mnist.Network()
    assert sum(parameter.numel() for parameter in network.parameters()) == 1_199_882
    answers = network.eval()(torch.zeros(2, 1, 28, 28))
    torch.testing.assert_close(answers.exp().sum(1), torch.ones(2))


def test_the_peer_reads_a_picture_as_pixels_between_0_and_1_standardised() -> None:
    image = np.arange(784, dtype=np.uint8).reshape(1, 28, 28)
    pixels, label = reference_mnist.Pictures(image, np.array([7], np.uint8))[0]
    assert label == 7
    np.testing.assert_allclose(pixels.numpy(), (image / 255 - 0.1307) / 0.3081, rtol=1e-5)


def test_the_same_seed_gives_the_same_stroke_set_and_another_seed_another() -> None:
    first, again, other = (list(strokes.drawings(seed=seed, per_way=1)) for seed in (5, 5, 6))
    assert first == again
    assert [d.strokes for d in first] != [d.strokes for d in other]
    assert len({d.file for d in first}) == len(first)


def test_the_new_ways_of_writing_are_of_every_digit_and_none_is_unusable() -> None:
    rng = np.random.default_rng(0)
    assert set(handwriting.WAYS) == set(range(10))
    for digit, ways in handwriting.WAYS.items():
        for way in ways:
            written = handwriting.write(digit, way, rng=rng)
            points = np.concatenate([np.asarray(path) for path in written.paths])
            assert points.min() >= 0
            assert points.max() <= handwriting.CANVAS
            problem = drawing.problem(written)
            assert problem is None or not problem.blocking, f"{digit} “{way}”: {problem}"


def test_a_written_set_is_read_as_the_strokes_it_was_made_of(tmp_path: Path) -> None:
    chosen = next(iter(strokes.drawings(seed=1, per_way=1)))
    strokes.write(tmp_path, [chosen])
    assert re.match(r"known/0-\w+-000\.json", chosen.file.as_posix())
    read = strokes_from_json((tmp_path / chosen.file).read_text())
    assert read == chosen.strokes


def test_canvas_data_is_read_as_the_strokes_it_was_made_of() -> None:
    written = training_strokes.sample(7, rng=np.random.default_rng(2), style="crossed")
    read = strokes_from_canvas(json.loads(json.dumps(canvas.canvas_json(written))), written.size)
    assert replace(read, paths=()) == replace(written, paths=())
    for path, original in zip(read.paths, written.paths, strict=True):
        assert path[0] == pytest.approx(original[0], abs=1e-3)
        assert path[-1] == pytest.approx(original[-1], abs=1e-3)


@pytest.mark.parametrize("positions", [3, 16])
def test_the_padded_peer_of_sentiment_answers_as_our_network_with_the_same_weights(positions: int) -> None:
    config = SentimentConfig(layers=1, width=32, heads=2, feed_forward=64, vocabulary=500, length=16, dropout=0.0)
    torch.manual_seed(0)
    ours = make_network(config, num_classes=2).eval()
    assert isinstance(ours, Transformer)
    peer = sentiment_peer.FromScratch(ours, config).eval()
    assert peer.encoder.norm is not None
    peer.encoder.norm.load_state_dict(ours.norm.state_dict())
    peer.encoder.layers[0].load_state_dict(
        copied(ours.layers[0], norm_first=True, width=32, feed_forward=64).state_dict()
    )
    ids = torch.zeros(2, 24, dtype=torch.int64)
    ids[0, :positions] = torch.randint(4, 500, (positions,))
    ids[1, :2] = 7
    with torch.no_grad():
        torch.testing.assert_close(peer(ids), ours(ids), atol=1e-5, rtol=1e-4)


def test_a_training_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, now = [], 100.0

    class Learner:
        def step(self, batch: Any, progress: Any) -> None:
            nonlocal now
            now += 0.25
            seen.append((len(batch.inputs), progress.phase_fraction))

        def evaluate(self, split: Any) -> dict[str, float]:
            return {"accuracy": 50.0}

    split = Split(torch.zeros(5, 3), torch.zeros(5, dtype=torch.int64), "5 texts")
    monkeypatch.setattr("time.perf_counter", lambda: now)
    found = sentiment_minute.trained(Learner(), Dataset(split, split, split), 4, seed=0, seconds=1.0)  # type: ignore[arg-type]
    assert found == (50, 16)
    assert seen == [(4, 0.0), (4, 0.25), (4, 0.5), (4, 0.75)]


def test_the_dcgan_draws_what_its_discriminator_takes_and_a_step_moves_both() -> None:
    dcgan = reference_dcgan.Dcgan(seed=0, device="cpu")
    layers = [sum(p.numel() for p in net.layers.parameters()) for net in (dcgan.generator, dcgan.discriminator)]
    assert layers == [110 * 128 * 49 + 128 * 64 * 16 + 64 * 16 + 2 * (128 + 64), 2 * 64 * 16 + 64 * 128 * 16 + 128 * 51]
    labels = torch.arange(8)
    real = torch.rand(8, 1, 28, 28) * 2 - 1
    before = [next(net.layers.parameters()).clone() for net in (dcgan.generator, dcgan.discriminator)]
    dcgan.step(real, labels)
    after = [next(net.layers.parameters()) for net in (dcgan.generator, dcgan.discriminator)]
    assert not any(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    drawn = dcgan.drawn(torch.randn(8, 100), labels)
    assert drawn.shape == real.shape
    assert 0 <= drawn.min() <= drawn.max() <= 1


def test_estimates_without_the_data_of_a_demo_are_those_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    task = demos.training("digits")
    configs = [("there", task, task.Config()), ("missing", task, task.Config())]
    answers: list[object] = [estimates.EstimatedRun(2.0, 4.0), DataUnavailableError("Get the data.")]

    def measured(*_: object) -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(estimates, "_configs", lambda: iter(configs))
    monkeypatch.setattr(estimates, "measured", measured)
    found = estimates.measure(Options(repeats=1))
    assert [list(figure.values) for figure in found.figures] == [[0.5]] * 3
    assert found.remarks == ["Left out, because its data is not here: missing."]
