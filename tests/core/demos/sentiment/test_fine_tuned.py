"""The fine-tuned release model: stored as a difference, whole again, and what happens without its encoder."""

from pathlib import Path

import pytest
import torch

from core.demos.sentiment import difference, minilm
from core.demos.sentiment.config import RELEASES
from core.demos.sentiment.network import Transformer
from core.demos.sentiment.packed import packed as packed_network
from core.demos.sentiment.reader import read_model
from core.demos.sentiment.tokenizer import encode_many
from core.errors import DataUnavailableError
from core.release import ReleaseModel
from core.terminal.commands import main
from tests.support import tiny_encoder


def some_weights() -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Base and fine-tuned weights: a matrix with large and tiny changes and a row without any, a norm, a head."""
    torch.manual_seed(0)
    base = {"layer.weight": torch.randn(5, 7), "norm.weight": torch.ones(7)}
    changes = torch.randn(5, 7) * torch.tensor([1.0, 1e-3, 1e-6, 0.0, 10.0])[:, None]
    changes[4, 0] = 1000.0
    tuned = {"layer.weight": base["layer.weight"] + changes, "norm.weight": torch.full((7,), 1.125)}
    return base, {**tuned, "head.weight": torch.randn(2, 7)}


def test_no_number_is_farther_from_the_truth_than_half_a_step_of_its_row() -> None:
    base, tuned = some_weights()
    packed = difference.pack(tuned, base=base)
    assert packed["layer.weight"].dtype == torch.int8
    again = difference.unpack(packed, base=base)
    true, found, steps = tuned["layer.weight"], again["layer.weight"], packed["layer.weight.step"]
    rounding = 4 * torch.finfo(torch.float32).eps * true.abs()
    assert bool(((found - true).abs() <= steps[:, None] / 2 + rounding).all())
    assert torch.equal(found[3], true[3])
    assert float((found - true).abs().max()) > 0  # it is a rounding


def test_norms_and_head_are_kept_as_they_are() -> None:
    base, tuned = some_weights()
    again = difference.unpack(difference.pack(tuned, base=base), base=base)
    assert list(again) == list(tuned)
    for name in ("norm.weight", "head.weight"):
        assert torch.equal(again[name], tuned[name])


@pytest.fixture
def tuned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Transformer:
    """A fine-tuned tiny encoder in the place of the release model."""
    tiny_encoder.put_in_place(monkeypatch)
    network = tiny_encoder.write_release(tmp_path / "encoder")
    monkeypatch.setitem(RELEASES, "encoder", ReleaseModel(tmp_path / "encoder"))
    return network


def test_a_stored_model_answers_as_the_network_that_was_stored(tuned: Transformer) -> None:
    reader = read_model(RELEASES["encoder"])
    ids = torch.from_numpy(encode_many(reader.tokenizer, tiny_encoder.TEXTS, length=32))
    with torch.no_grad():
        expected = tuned(ids).numpy()
    assert reader.logits(tiny_encoder.TEXTS) == pytest.approx(expected, abs=2e-3)


@pytest.mark.usefixtures("tuned")
def test_the_best_release_model_answers_and_each_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "sentiment", "--text", "a good film", "--model", "encoder"]) == 0
    encoder = capsys.readouterr().out.partition('"milliseconds"')[0]
    assert main(["predict", "sentiment", "--text", "a good film"]) == 0
    assert capsys.readouterr().out.startswith(encoder)
    assert main(["predict", "sentiment", "--text", "a good film", "--model", "small"]) == 0
    assert not capsys.readouterr().out.startswith(encoder)


def missing_encoder(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(minilm, "folder", lambda: None)
    return "not on this machine"


def other_encoder(monkeypatch: pytest.MonkeyPatch) -> str:
    place = RELEASES["encoder"].folder  # its weights are another file than the published one
    monkeypatch.setattr(minilm, "folder", lambda: place)
    return "SHA-256"


@pytest.mark.parametrize("break_it", [missing_encoder, other_encoder])
def test_without_its_encoder_the_small_model_answers_and_says_why(
    tuned: Transformer,
    break_it: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(minilm, "weights", real_weights)
    why = break_it(monkeypatch)  # type: ignore[operator]
    with pytest.raises(DataUnavailableError, match=why):
        read_model(RELEASES["encoder"])
    assert main(["predict", "sentiment", "--text", "A wonderful film."]) == 0
    said = capsys.readouterr()
    assert '"answer": "positive"' in said.out
    assert "another one answers" in said.err
    assert why in said.err
    assert main(["predict", "sentiment", "--text", "A wonderful film.", "--model", "encoder"]) == 1
    assert why in capsys.readouterr().err


real_weights = minilm.weights


def test_packed_weights_give_what_the_network_gives() -> None:
    network = Transformer(
        vocabulary=50, length=16, layers=2, heads=2, width=32, feed_forward=64, positions="learned", num_classes=2,
        dropout=0.1, word_dropout=0.0, norm="post", epsilon=1e-12,
    ).eval()  # fmt: skip
    before = {name: value.clone() for name, value in network.state_dict().items()}
    sooner = packed_network(network)
    ids = torch.tensor([[3, 7, 9, 0, 0], [4, 5, 6, 8, 2]])
    with torch.inference_mode():
        torch.testing.assert_close(sooner(ids), network(ids), rtol=1e-5, atol=1e-6)
    rounded = network.state_dict()["layers.0.inner.weight"]
    assert torch.equal(rounded, before["layers.0.inner.weight"].half().float())
    assert torch.equal(network.state_dict()["embedding.weight"], before["embedding.weight"])


def test_without_fbgemm_the_network_itself_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "DEFAULT")
    network = torch.nn.Sequential(torch.nn.Linear(3, 2))
    assert packed_network(network) is network
