"""Front end, augmentation, networks and learner of the Voice demo, beside references."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from core import demos
from core.contract import Batch, Dataset, Placement, Progress, Split
from core.demos.voice import NUM_CHANCES, augmentation, learner
from core.demos.voice.augmentation import Amount, augment
from core.demos.voice.config import VoiceConfig, classes_of
from core.demos.voice.features import FLOOR, NUM_FRAMES, log_mel, log_mel_of_samples
from core.demos.voice.network import NUM_HEADS, RECURRENT, VoiceNetwork
from core.knobs import knobs, to_json
from core.release import ReleaseModel
from core.training import engine
from core.training.supervised import optimizer_named

SHAPE: dict[str, Any] = {
    "num_mels": 40,
    "num_classes": 5,
    "front_end": True,
    "recurrent": "gru",
    "layers": 1,
    "hidden_size": 16,
    "bidirectional": True,
    "pooling": "attention",
    "dropout": 0.2,
}


def network(**changes: Any) -> VoiceNetwork:
    torch.manual_seed(0)
    return VoiceNetwork(**{**SHAPE, **changes}).eval()


def features(count: int = 3, *, mels: int = 40) -> torch.Tensor:
    return torch.randn(count, NUM_FRAMES, mels, generator=torch.Generator().manual_seed(1)) * 3 - 6


def mel_filters(num_mels: int) -> np.ndarray:
    """(257, mels): triangles on the HTK scale from 0 to 4000 Hz, written out."""

    def to_mel(hertz: float) -> float:
        return 2595 * np.log10(1 + hertz / 700)

    corners = 700 * (10 ** (np.linspace(to_mel(0), to_mel(4000), num_mels + 2) / 2595) - 1)
    bins = np.arange(257) * 16000 / 512
    rising = (bins[:, None] - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - bins[:, None]) / (corners[2:] - corners[1:-1])
    return np.maximum(0, np.minimum(rising, falling))


@pytest.mark.parametrize("num_mels", [20, 40, 64])
def test_features_are_those_of_the_formula(num_mels: int) -> None:
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, 16000).astype(np.float32)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(480) / 480)  # periodic
    frames = np.stack([wave[start : start + 480] * hann for start in range(0, 16000 - 480 + 1, 160)])
    expected = np.log(np.abs(np.fft.rfft(frames, 512)) ** 2 @ mel_filters(num_mels) + 1e-6)
    found = log_mel(torch.from_numpy(wave)[None], num_mels=num_mels)
    assert found.shape == (1, 98, num_mels)
    np.testing.assert_allclose(found[0].numpy(), expected, atol=2e-4)


def test_silence_has_the_lowest_features_and_samples_are_read_as_shares_of_full_scale() -> None:
    silence = log_mel(torch.zeros(1, 16000), num_mels=40)
    assert torch.allclose(silence, torch.full_like(silence, np.log(FLOOR)))
    samples = torch.tensor([[0, 16384, -32768] * 6000], dtype=torch.int16)
    assert torch.equal(
        log_mel_of_samples(samples, num_mels=40), log_mel(torch.tensor([[0.0, 0.5, -1.0] * 6000]), num_mels=40)
    )


def test_a_louder_sound_has_the_same_features_moved_up() -> None:
    wave = torch.rand(1, 16000) * 0.2 - 0.1
    difference = log_mel(wave * 2, num_mels=40) - log_mel(wave, num_mels=40)
    assert torch.allclose(difference, torch.full_like(difference, np.log(4.0)), atol=1e-3)


@pytest.mark.parametrize("front_end", [True, False])
@pytest.mark.parametrize("pooling", ["attention", "mean", "last"])
@pytest.mark.parametrize(
    ("recurrent", "layers", "bidirectional"), [("rnn", 1, False), ("lstm", 2, True), ("gru", 3, True)]
)
def test_every_shape_answers_and_can_be_looked_into(
    front_end: bool, pooling: str, recurrent: str, layers: int, bidirectional: bool
) -> None:
    made = network(
        front_end=front_end, pooling=pooling, recurrent=recurrent, layers=layers, bidirectional=bidirectional
    )
    steps, width = 25 if front_end else 98, 32 if bidirectional else 16
    seen = made.inspect(features())
    assert seen.states.shape == (3, steps, width)
    assert seen.step_logits.shape == (3, steps, 5)
    assert torch.allclose(seen.logits, made(features()), atol=1e-5)
    assert (seen.attention is None) == (pooling != "attention")


@pytest.mark.parametrize("num_mels", [20, 30, 40, 64])
def test_every_number_of_bands_and_any_length_is_read(num_mels: int) -> None:
    made = network(num_mels=num_mels)
    assert made(features(mels=num_mels)).shape == (3, 5)
    assert made(features(mels=num_mels)[:, :60]).shape == (3, 5)


def test_attention_sums_to_one_and_weighs_the_answers_of_the_steps() -> None:
    made = network()
    seen = made.inspect(features())
    assert seen.attention is not None
    assert seen.attention.shape == (3, NUM_HEADS, 25)
    assert torch.allclose(seen.attention.sum(2), torch.ones(3, NUM_HEADS))
    by_head = made.head.weight.view(5, NUM_HEADS, -1)
    weighed = torch.einsum("bht,btw,chw->bc", seen.attention, seen.states, by_head) + made.head.bias
    assert torch.allclose(seen.logits, weighed, atol=1e-5)


@pytest.mark.parametrize("recurrent", list(RECURRENT))
def test_the_recurrent_layer_is_the_one_of_the_textbook(recurrent: str) -> None:
    made = network(recurrent=recurrent, front_end=False, bidirectional=False, hidden_size=8)
    states = made.states(features(1))[0]
    layer = made.recurrent
    inputs = (features(1)[0] + 6) / 5
    hidden, cell = torch.zeros(8), torch.zeros(8)
    for step in range(NUM_FRAMES):
        from_input = layer.weight_ih_l0 @ inputs[step] + layer.bias_ih_l0
        from_state = layer.weight_hh_l0 @ hidden + layer.bias_hh_l0
        if recurrent == "rnn":
            hidden = (from_input + from_state).tanh()
        elif recurrent == "lstm":
            enter, forget, new, leave = (from_input + from_state).chunk(4)
            cell = forget.sigmoid() * cell + enter.sigmoid() * new.tanh()
            hidden = leave.sigmoid() * cell.tanh()
        else:
            reset, update = (from_input + from_state)[:16].sigmoid().chunk(2)
            new = (from_input[16:] + reset * from_state[16:]).tanh()
            hidden = (1 - update) * new + update * hidden
        assert torch.allclose(states[step], hidden, atol=1e-4)


def test_the_last_state_is_torch_s_own() -> None:
    made = network(pooling="last")
    assert made.front_end is not None
    steps = made.front_end((features() + 6) / 5)
    _, hidden = made.recurrent(steps)
    assert torch.allclose(made.pool(made.states(features())), torch.cat([hidden[0], hidden[1]], 1), atol=1e-6)


def test_nothing_is_changed_where_every_amount_is_zero() -> None:
    clips = features()
    assert augment(clips, torch.rand(3, NUM_CHANCES), Amount(), features()) is clips


def test_the_demo_says_how_many_chances_its_augmentation_takes() -> None:
    assert demos.task("voice").num_chances == augmentation.NUM_CHANCES


def test_the_same_chance_gives_the_same_change_to_each_clip_on_its_own() -> None:
    amount = Amount(shift=100, speed=0.12, gain=10, noise=0.6, masks=True)
    chance = torch.rand(3, NUM_CHANCES, generator=torch.Generator().manual_seed(2))
    together = augment(features(), chance, amount, features(9))
    alone = torch.cat([augment(features()[i : i + 1], chance[i : i + 1], amount, features(9)) for i in range(3)])
    assert torch.allclose(together, alone, atol=1e-4)
    assert together.isfinite().all()
    assert not torch.allclose(together, features())


def test_a_shift_moves_by_milliseconds_and_the_edge_goes_on() -> None:
    clips = features(1)
    chance = torch.full((1, NUM_CHANCES), 0.5)
    chance[0, 0] = 1.0
    moved = augment(clips, chance, Amount(shift=100), clips)
    assert torch.allclose(moved[:, :80], clips[:, 10:90], atol=1e-3)
    assert torch.allclose(moved[:, -1], clips[:, -1], atol=1e-4)


def test_gain_and_noise_have_the_asked_power() -> None:
    clips, noises = features(1), features(4)
    chance = torch.full((1, NUM_CHANCES), 0.5)
    chance[0, 3] = 1.0
    louder = augment(clips, chance, Amount(gain=10), noises)
    assert torch.allclose(louder[clips > -8], clips[clips > -8] + np.log(10), atol=0.01)
    chance[0, 3:7] = torch.tensor([0.5, 0.0, 0.3, 0.0])  # no gain, noise on, the second noise, as loud as can be
    mixed = augment(clips, chance, Amount(noise=1.0), noises)
    ratio = clips.exp().mean() / (mixed.exp() - clips.exp()).mean()
    assert 10 * torch.log10(ratio).item() == pytest.approx(3.0, abs=0.05)


def test_masks_blank_stretches_and_leave_the_rest() -> None:
    clips = features(1)
    masked = augment(clips, torch.full((1, NUM_CHANCES), 0.9), Amount(masks=True), clips)
    blank = masked != clips
    assert 0.1 < blank.float().mean() < 0.6
    assert torch.allclose(masked[blank], clips.mean())


# Learning, on clips that a test makes


def tones(count: int, *, seed: int) -> Split:
    """Clips of one second, a low or a high tone or nothing, as features; classes are those of a config of two words."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 4
    time = np.arange(16000) / 16000
    pitch = np.array([300.0, 1500.0, 3000.0, 0.0])[labels][:, None] * random.uniform(0.9, 1.1, (count, 1))
    waves = 0.3 * np.sin(2 * np.pi * pitch * time) + 0.003 * random.standard_normal((count, 16000))
    stored = learner.features_of((waves * 32767).astype(np.int16), num_mels=40)
    return Split(stored, torch.from_numpy(labels), f"{count} tones")


def data() -> Dataset:
    return Dataset(train=tones(96, seed=1), validation=tones(24, seed=2), test=tones(24, seed=3))


CONFIG = VoiceConfig(words="up,down", hidden_size=16, batch_size=16, epochs=4, masks=True, averaging=0.9)


@pytest.mark.parametrize("recurrent", list(RECURRENT))
def test_a_network_learns_to_tell_tones_apart(recurrent: str) -> None:
    config = replace(CONFIG, recurrent=recurrent, averaging=0.0, epochs=6)
    made = learner.make_learner(config, Placement())
    events = list(engine.train(demos.task("voice"), config, data(), learner=made))
    assert events[-1].metrics["accuracy"] >= 75.0  # type: ignore[union-attr]


def test_a_pin_is_answered_as_the_clip_itself() -> None:
    made = learner.make_learner(CONFIG, Placement())
    samples = (np.sin(np.arange(16000) / 5) * 9000).astype(np.int16)
    answer = made.preview(learner.pin(samples, CONFIG))
    stored = learner.features_of(samples[None], num_mels=40)
    assert answer == pytest.approx(made.probabilities(stored)[0].tolist(), abs=2e-3)
    assert len(answer) == len(classes_of(CONFIG)) == 4


def test_the_network_of_a_run_is_the_one_that_answered() -> None:
    made = learner.make_learner(CONFIG, Placement())
    list(engine.train(demos.task("voice"), replace(CONFIG, epochs=1), data(), learner=made))
    again = learner.run_network(to_json(CONFIG), made.state_dict())
    stored = data().test.inputs
    assert torch.allclose(again(stored.float()).softmax(1), made.probabilities(stored), atol=1e-5)


@pytest.fixture
def small_release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> VoiceNetwork:
    """A network that stands for the release model, with its card and its rehearsal."""
    config = replace(CONFIG, words="up,down", dropout=0.0)
    torch.manual_seed(5)
    trained = learner.make_network(config)
    made = learner.make_learner(config, Placement())
    list(engine.train(demos.task("voice"), replace(config, epochs=6), data(), learner=made))
    trained.load_state_dict(made.answering.state_dict())
    trained.eval()
    known = tones(64, seed=7)
    with torch.no_grad():
        vectors = trained.pool(trained.states(known.inputs.float()))
    card = {"config": to_json(config), "classes": list(classes_of(config))}
    (tmp_path / "model.json").write_text(json.dumps(card), encoding="utf-8")
    save_file(trained.state_dict(), tmp_path / "model.safetensors")
    save_file({"pooled": vectors, "targets": known.targets}, tmp_path / "rehearsal.safetensors")
    monkeypatch.setattr(learner, "RELEASE", ReleaseModel(tmp_path))
    return trained


def test_a_run_from_the_release_weights_answers_as_these_at_first(small_release: VoiceNetwork) -> None:
    made = learner.make_learner(replace(CONFIG, start="release", words="down,up"), Placement())
    stored = data().test.inputs
    with torch.no_grad():
        expected = small_release(stored.float()).softmax(1)[:, [1, 0, 2, 3]]
    assert torch.allclose(made.probabilities(stored), expected, atol=1e-5)


def test_the_answer_layer_alone_learns_a_new_word_and_keeps_the_old_ones(small_release: VoiceNetwork) -> None:
    task = demos.task("voice")
    config = replace(
        CONFIG, start="release", learns="answer", words="up,down,banana", learning_rate=0.02, epochs=40, averaging=0.0
    )
    time = np.arange(16000) / 16000
    waves = np.stack([0.3 * np.sin(2 * np.pi * (600 + 5 * i) * time) * (time > 0.4) for i in range(20)])
    new = learner.features_of((waves * 32767).astype(np.int16), num_mels=40)
    split = Split(new, torch.full((20,), 2), "20 bananas")
    made = learner.make_learner(config, Placement())
    before = {name: value.clone() for name, value in made.network.state_dict().items()}
    list(engine.train(task, config, Dataset(train=split, validation=split, test=split), learner=made))

    after = made.network.state_dict()
    assert {name for name in before if not torch.equal(before[name], after[name])} == {"head.weight", "head.bias"}
    assert made.evaluate(split)["accuracy"] >= 90.0
    known = data().test
    with torch.no_grad():
        old = small_release(known.inputs.float()).argmax(1)
    kept = torch.tensor([0, 1, 3, 4])[old]
    agreement = (made.probabilities(known.inputs).argmax(1) == kept).float().mean()
    assert agreement >= 0.9


def test_a_rehearsal_is_the_same_in_every_run_from_the_same_step(small_release: VoiceNetwork) -> None:
    config = replace(CONFIG, start="release", learns="answer", words="up,down,banana")
    split = tones(16, seed=4)
    batch = Batch(inputs=split.inputs, targets=split.targets, chance=torch.rand(16, NUM_CHANCES))
    losses = []
    for _ in range(2):
        made = learner.make_learner(config, Placement())
        torch.manual_seed(3)
        losses.append(float(made.step(batch, Progress(step=0, steps_per_epoch=1, phases=(1,)))["loss"]))
    assert losses[0] == losses[1]


def test_the_training_loss_beside_a_rehearsal_is_of_the_same_kind_as_the_validation_loss(
    small_release: VoiceNetwork,
) -> None:
    config = replace(CONFIG, start="release", learns="answer", words="up,down,banana", dropout=0.0, averaging=0.0)
    made = learner.make_learner(config, Placement())
    made.prepare = lambda stored, chance: stored.float()
    split = tones(16, seed=4)
    validation = made.evaluate(split)
    batch = Batch(inputs=split.inputs, targets=split.targets, chance=torch.rand(16, NUM_CHANCES))
    told = made.step(batch, Progress(step=0, steps_per_epoch=1, phases=(1,)))
    assert float(told["loss"]) == pytest.approx(validation["loss"], rel=1e-5)  # of the same clips, before the update


@pytest.mark.parametrize("values", [{}, {"start": "release"}, {"start": "release", "learns": "answer"}], ids=str)
def test_the_trained_numbers_that_are_said_are_those_that_the_optimizer_holds(
    values: dict[str, Any], small_release: VoiceNetwork
) -> None:
    config = replace(CONFIG, words="up,down,banana", **values)
    made = learner.make_learner(config, Placement())
    held = sum(value.numel() for group in made.optimizer.param_groups for value in group["params"])
    assert learner.num_parameters(config) == held


def test_every_choice_of_an_optimizer_is_one() -> None:
    weights = [nn.Parameter(torch.zeros(2))]
    declared: Any = knobs(VoiceConfig)["optimizer"]
    found = {name: type(optimizer_named(name, weights, rate=0.1, weight_decay=0.0)) for name in declared.options}
    assert found == {
        "sgd": torch.optim.SGD,
        "momentum": torch.optim.SGD,
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
    }
