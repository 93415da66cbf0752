"""The Sentiment demo: its tokenizer, its networks beside PyTorch's and transformers', its learner."""

import copy
import importlib.util
import json
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.contract import Batch, Checkpointed, Placement, Progress
from core.data.tables.reader import read_table
from core.data.text import table
from core.demos.sentiment import TASK, minilm
from core.demos.sentiment.config import SentimentConfig
from core.demos.sentiment.cost import cost, longest, num_tokens
from core.demos.sentiment.learner import TextLearner, make_learner, make_network, num_parameters, trim
from core.demos.sentiment.network import LSTM, Layout, Transformer, layout_of, sinusoids
from core.demos.sentiment.reader import run_reader
from core.demos.sentiment.tokenizer import encode, encode_many, train_tokenizer
from core.errors import DataUnavailableError, InvalidSettingError
from core.knobs import to_json
from core.training import engine
from core.training.supervised import schedule_factor
from tests.support import tiny_encoder
from tests.support.pytorch_layer import copied
from tests.support.tiny_encoder import TEXTS


def small(**values: Any) -> Transformer:
    shape: dict[str, Any] = {
        "vocabulary": 50,
        "length": 12,
        "layers": 2,
        "heads": 2,
        "width": 8,
        "feed_forward": 16,
        "positions": "learned",
        "num_classes": 3,
        "dropout": 0.0,
        "word_dropout": 0.0,
    }
    torch.manual_seed(0)
    return Transformer(**{**shape, **values}).eval()


def some_ids() -> torch.Tensor:
    return torch.tensor([[2, 5, 6, 7, 8, 3], [2, 9, 3, 0, 0, 0], [2, 4, 4, 10, 3, 0]])


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_layer_gives_what_pytorchs_own_gives(norm: str) -> None:
    network = small(norm=norm)
    layout = layout_of(some_ids())
    packed = torch.randn(len(layout.index), 8)
    ours = layout.pad(network.layers[0](packed, layout))
    empty = some_ids() == 0
    theirs = copied(network.layers[0], norm_first=norm == "pre")(layout.pad(packed), src_key_padding_mask=empty)
    assert torch.allclose(ours[~empty], theirs[~empty], atol=1e-6)


def test_attention_step_by_step_is_the_attention_that_is_computed() -> None:
    network = small()
    layout = layout_of(some_ids())
    packed = torch.randn(len(layout.index), 8)
    attention: Any = network.layers[0].attention
    with torch.no_grad():
        looked = attention.look(packed, layout)
        again = attention.output(layout.pack(looked.mixed.transpose(1, 2)))
        assert torch.allclose(again, attention(packed, layout), atol=1e-6)
    assert torch.allclose(looked.weights.sum(-1), torch.ones(3, 2, 6), atol=1e-6)
    assert float(looked.weights[1, :, :, 3:].abs().max()) == 0  # nothing looks at padding


@pytest.fixture
def without_torchaudio(monkeypatch: pytest.MonkeyPatch) -> None:
    """`transformers` imports torchaudio where it is installed, which fails beside some builds of PyTorch."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, package=None: None if name == "torchaudio" else find(name, package)
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("without_torchaudio")
def test_the_encoder_gives_what_transformers_gives() -> None:
    from transformers import BertConfig, BertModel

    shape = BertConfig(
        vocab_size=50, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=12, layer_norm_eps=1e-12,
    )  # fmt: skip
    torch.manual_seed(1)
    theirs = BertModel(shape).eval()
    ours = small(norm="post", epsilon=1e-12)
    missing, unexpected = ours.load_state_dict(minilm.renamed(theirs.state_dict()), strict=False)
    assert (missing, unexpected) == (["head.weight", "head.bias"], [])
    ids = some_ids()
    with torch.no_grad():
        expected = theirs(ids, attention_mask=(ids != 0).long()).last_hidden_state
        tokens = ours.looks(ids)[0][-1]
    assert torch.allclose(layout_of(ids).pad(tokens)[ids != 0], expected[ids != 0], atol=1e-5)


@pytest.mark.parametrize("network", [small(), small(positions="sinusoidal"), small(positions="none")])
def test_padding_changes_no_answer(network: Transformer) -> None:
    ids = some_ids()
    alone = torch.cat([network(row[row != 0].unsqueeze(0)) for row in ids])
    assert torch.allclose(network(ids), alone, atol=1e-6)


@pytest.mark.parametrize("kind", ["transformer", "lstm"])
def test_padding_is_what_follows_the_last_token_not_every_zero(kind: str) -> None:
    torch.manual_seed(0)
    lstm = LSTM(vocabulary=50, layers=1, width=8, num_classes=2, dropout=0.0, word_dropout=0.0).eval()
    network = small() if kind == "transformer" else lstm
    holed, longer = torch.tensor([[2, 0, 6, 0, 3]]), torch.tensor([[2, 5, 6, 7, 8, 9, 4, 3]])
    assert layout_of(holed).lengths.tolist() == [5]
    padded = torch.cat([torch.nn.functional.pad(holed, (0, 3)), longer])
    assert torch.allclose(network(padded)[:1], network(holed), atol=1e-6)


def test_the_lstm_gives_what_it_gives_to_each_text_alone() -> None:
    torch.manual_seed(0)
    network = LSTM(vocabulary=50, layers=1, width=8, num_classes=2, dropout=0.0, word_dropout=0.0).eval()
    alone = torch.cat([network(row[row != 0].unsqueeze(0)) for row in some_ids()])
    assert torch.allclose(network(some_ids()), alone, atol=1e-6)


def test_without_positions_a_text_is_a_bag_of_words() -> None:
    bag, ordered = small(positions="none"), small()
    one, other = torch.tensor([[2, 5, 6, 7, 3]]), torch.tensor([[2, 7, 5, 6, 3]])
    assert torch.allclose(bag(one), bag(other), atol=1e-6)
    assert not torch.allclose(ordered(one), ordered(other), atol=1e-4)


def test_sinusoids_are_those_of_the_paper() -> None:
    table_of = sinusoids(6, 8)
    assert table_of[0].tolist() == [0, 1] * 4
    assert float(table_of[3, 2]) == pytest.approx(np.sin(3 / 10_000 ** (2 / 8)), abs=1e-6)


def test_word_dropout_hides_words_while_training_only() -> None:
    network = small(word_dropout=0.5)
    ids = torch.full((1, 12), 5)
    network.train()
    torch.manual_seed(0)
    hidden = (network.embed(ids)[0] == network.embedding.weight[1]).all(1)
    assert 0 < int(hidden.sum()) < 12
    assert not bool(hidden[0])  # the sign of the start stays
    network.eval()
    assert torch.equal(network.embed(ids)[0], network.embedding(ids[0]))


def test_the_same_texts_give_the_same_tokenizer_and_its_words_come_back() -> None:
    first, *others = (train_tokenizer(TEXTS, vocabulary=200) for _ in range(5))
    assert all(other.to_str() == first.to_str() for other in others)
    assert first.get_vocab_size() < 200
    assert first.decode(first.encode("a wonderful film").ids) == "a wonderful film"
    assert json.loads(first.to_str())["model"]["vocab"]["[PAD]"] == 0


@pytest.mark.parametrize("written", ["I don't like it", "i do n't like it", "I DON’T like it"])
def test_the_treebanks_spelling_of_a_negation_is_everybodys(written: str) -> None:
    tokenizer = train_tokenizer(TEXTS, vocabulary=200)
    tokens = [piece.text for piece in encode(tokenizer, written, length=20).pieces]
    assert tokens == ["[CLS]", "i", "do", "n't", "like", "it", "[SEP]"]
    assert encode_many(tokenizer, [written], length=20)[0].tolist() == [
        piece.id for piece in encode(tokenizer, written, length=20).pieces
    ]


@pytest.mark.parametrize("sign", "´`ʼ′‘＇")
def test_a_negation_with_any_apostrophe_is_one_and_stands_where_it_stood(sign: str) -> None:
    tokenizer = train_tokenizer(TEXTS, vocabulary=200)
    pieces = encode(tokenizer, f"I don{sign}t like it", length=20).pieces
    assert [(piece.text, piece.start, piece.end) for piece in pieces[2:4]] == [("do", 2, 4), ("n't", 4, 7)]
    quoted = encode(tokenizer, f"{sign}film{sign}", length=20)
    assert "'" not in [piece.text for piece in quoted.pieces], "no apostrophe: it stands at no letter's side"


def test_a_text_is_cut_at_the_length_and_the_end_sign_stays() -> None:
    tokenizer = train_tokenizer(TEXTS, vocabulary=200)
    text = "good film " * 10
    found = encode(tokenizer, text, length=8)
    assert [piece.text for piece in found.pieces][-1] == "[SEP]"
    assert len(found.pieces) == 8
    assert found.cut is not None
    assert text[found.cut :].split()[0] in ("good", "film")
    ids = encode_many(tokenizer, [text, "good"], length=8)
    assert ids.shape == (2, 8)
    assert ids[0].tolist() == [piece.id for piece in found.pieces]
    assert ids[1].tolist()[3:] == [0] * 5
    assert trim(torch.from_numpy(ids[1:])).shape == (1, 3)


@pytest.fixture
def own() -> str:
    """The id of a table of three classes."""
    words = {"praise": "good wonderful warm", "blame": "bad dull cold", "question": "where when who"}
    rows = [(f"it is {word} {i}", name) for i in range(12) for name, some in words.items() for word in some.split()]
    content = "text,label\n" + "".join(f"{one},{name}\n" for one, name in rows)
    imported = table.labelled(read_table(content.encode(), name="mine.csv"), text="text", label="label")
    return table.OWN.keep(imported.labelled)


def tiny(own: str, **values: Any) -> SentimentConfig:
    shape: dict[str, Any] = {
        "data": "own", "table": own, "layers": 1, "width": 32, "feed_forward": 32, "vocabulary": 500, "length": 16,
        "batch_size": 16, "epochs": 12, "learning_rate": 1e-2, "dropout": 0.0, "word_dropout": 0.0,
    }  # fmt: skip
    return SentimentConfig(**{**shape, **values})


def trained(config: SentimentConfig) -> tuple[TextLearner, Any]:
    learner = make_learner(config, Placement())
    *_, last = engine.train(TASK, config, TASK.load(config), learner=learner)
    return learner, last


@pytest.mark.parametrize("network", ["transformer", "lstm"])
def test_a_table_of_ones_own_with_three_classes_is_learned_and_answered(own: str, network: str) -> None:
    config = tiny(own, network=network)
    learner, ended = trained(config)
    assert ended.metrics["accuracy"] > 95
    assert max(range(3), key=learner.preview("it is wonderful").__getitem__) == 1  # blame, praise, question
    reader = run_reader(to_json(config), learner.state_dict())
    reading = reader.read("it is wonderful")
    assert reader.classes == ("blame", "praise", "question")
    assert reader.classes[reading.winner] == "praise"
    assert reading.sure
    assert reading.probabilities == pytest.approx(learner.preview("it is wonderful"), abs=1e-4)


def test_two_runs_with_one_seed_are_the_same_and_a_resumed_one_too(own: str) -> None:
    config = tiny(own, epochs=2, word_dropout=0.2, dropout=0.2)
    whole, _ = trained(config)
    half = make_learner(config, Placement())
    dataset = TASK.load(config)
    states = [
        copy.deepcopy(event.state)
        for event in engine.train(TASK, config, dataset, learner=half)
        if isinstance(event, Checkpointed)
    ]
    middle = states[len(states) // 2]
    assert 0 < middle["engine"]["step"] < 2 * engine.steps_per_epoch(TASK, config, dataset)
    again = make_learner(config, Placement())
    list(engine.train(TASK, config, dataset, learner=again, resume=middle))
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name])


def test_a_state_of_another_tokenizer_is_refused(own: str) -> None:
    learner = make_learner(tiny(own), Placement())
    state = {**learner.state_dict(), "tokenizer": "{}"}
    with pytest.raises(InvalidSettingError, match="tokenizer"):
        learner.load_state_dict(state)


def test_the_release_model_is_not_measured_on_what_it_has_learned_from() -> None:
    with pytest.raises(InvalidSettingError, match="learned from most of these"):
        TASK.load(SentimentConfig(start="release", data="rotten_tomatoes"))


def test_a_small_share_is_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidSettingError, match="Raise the share"):
        TASK.load(SentimentConfig(share=0.1))


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder of the right shape with random weights, smaller than the real one."""
    tiny_encoder.put_in_place(monkeypatch)


@pytest.mark.usefixtures("encoder")
@pytest.mark.parametrize(
    ("values", "changes"),
    [
        ({"tuning": "whole"}, {"layers.0.inner.weight", "layers.5.inner.weight", "head.weight", "positions.weight"}),
        ({"tuning": "last", "last_layers": 1}, {"layers.5.inner.weight", "head.weight"}),
        ({"tuning": "lora", "rank": 2}, {"layers.0.attention.query.up", "layers.5.attention.value.up", "head.weight"}),
    ],
    ids=["whole", "last", "lora"],
)
def test_fine_tuning_changes_what_is_tuned_and_saves_nothing_else(values: Any, changes: set[str]) -> None:
    config = SentimentConfig(network="minilm", vocabulary=500, learning_rate=1e-2, **values)
    learner = make_learner(config, Placement())
    before = {name: value.clone() for name, value in learner.network.state_dict().items()}
    ids = torch.from_numpy(encode_many(minilm.tokenizer(), TEXTS, length=16))
    batch = Batch(ids, torch.arange(len(ids)) % 2, torch.zeros(len(ids), 0))
    for step in range(2):
        learner.step(batch, Progress(step=step, steps_per_epoch=2, phases=(1,)))
    after = learner.network.state_dict()
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert changes <= changed
    saved = learner.state_dict()["network"]
    assert changed <= set(saved)
    assert "embedding.weight" not in saved
    assert num_parameters(config) == sum(value.numel() for value in saved.values())
    reader = run_reader(to_json(config), learner.state_dict())
    assert reader.read(TEXTS[0]).probabilities == pytest.approx(learner.preview(TEXTS[0]), abs=1e-4)


def test_lower_layers_of_the_encoder_learn_slower(encoder: None) -> None:
    learner = make_learner(SentimentConfig(network="minilm", layer_decay=0.5, learning_rate=1e-3), Placement())
    rates = [group["lr"] for group in learner.optimizer.param_groups]
    assert rates == pytest.approx([1e-3 * 0.5**height for height in range(7, -1, -1)])


def test_an_encoder_with_other_weights_is_not_used(glassbox_home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place = glassbox_home / "data" / "minilm"
    place.mkdir(parents=True)
    (place / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(DataUnavailableError, match="SHA-256"):
        minilm.verified_folder()
    monkeypatch.setattr(minilm, "folder", lambda: None)
    with pytest.raises(DataUnavailableError, match="Everything else works"):
        minilm.verified_folder()


def test_warm_up_lasts_as_long_as_it_is_told() -> None:
    assert schedule_factor("one_cycle", 0.1, warm_up=0.1) == pytest.approx(1)
    assert schedule_factor("one_cycle", 0.05, warm_up=0.1) == pytest.approx(0.52)
    assert schedule_factor("one_cycle", 0.0, warm_up=0.0) == pytest.approx(1)


def multiplied(config: SentimentConfig, tokens: int) -> int:
    """FLOPs that PyTorch counts for one text of so many tokens, without padding; 0 where it counts none."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.no_grad():
        made = make_network(config, num_classes=2).eval()
        width = made.embedding.embedding_dim
        if config.network == "lstm":
            made.lstm(torch.empty(1, tokens, width))  # type: ignore[union-attr, operator]
        else:
            made.from_words(torch.empty(tokens, width), Layout(index=torch.arange(tokens), batch=1, length=tokens))
    return counter.get_total_flops()


@pytest.mark.parametrize("network", ["transformer", "lstm", "minilm"])
def test_the_estimate_counts_what_the_network_multiplies(network: str) -> None:
    config = SentimentConfig(network=network)
    tokens = num_tokens(config)
    counted = multiplied(config, tokens)
    if counted and network != "lstm":  # texts in a batch are padded to the longest: of attention, that is squared
        squares = (multiplied(config, 2 * tokens) - 2 * counted) / 2  # of what grows with the square of the tokens
        counted += round(squares * ((longest(config) / tokens) ** 2 - 1))
    if counted:  # PyTorch does not count LSTMs in every version
        assert cost(config).network.flops == pytest.approx(counted, rel=0.05)
    assert cost(config).num_train == 7_030


def test_reading_the_demo_costs_no_pytorch() -> None:
    import subprocess
    import sys

    code = (
        "import sys, core.demos.sentiment; sys.exit(bool({'torch', 'tokenizers', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
