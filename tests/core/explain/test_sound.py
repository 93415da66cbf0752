"""Look inside for sound: gradients through time worked by hand, attributions beside captum, filters by their tones."""

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from torch import nn

from core.demos.voice.features import SILENCE_FEATURE, band_centres, log_mel
from core.demos.voice.network import VoiceNetwork
from core.explain import memory, sound

STEPS, MELS = 98, 20


def network(**changes: object) -> VoiceNetwork:
    torch.manual_seed(0)
    shape = {
        "num_mels": MELS, "num_classes": 4, "front_end": False, "recurrent": "gru", "layers": 1, "hidden_size": 8,
        "bidirectional": False, "pooling": "last", "dropout": 0.0, **changes,
    }  # fmt: skip
    return VoiceNetwork(**shape).eval()  # type: ignore[arg-type]


def features() -> np.ndarray:
    above = np.random.default_rng(0).gamma(2.0, 1.5, (STEPS, MELS))
    return (SILENCE_FEATURE + above).astype(np.float32)


def test_gradients_of_a_plain_rnn_of_one_unit_are_those_worked_by_hand() -> None:
    layer = nn.RNN(1, 1, batch_first=True, bias=False)
    with torch.no_grad():
        layer.weight_ih_l0.fill_(0.5)
        layer.weight_hh_l0.fill_(-0.8)
    inputs = [0.3, -1.0, 0.7]
    found = memory.state_gradients(layer, torch.tensor(inputs).reshape(1, 3, 1), lambda outputs: 2 * outputs[0, -1, 0])
    state, slopes = 0.0, []
    for value in inputs:
        state = np.tanh(0.5 * value - 0.8 * state)
        slopes.append(0.8 * (1 - state**2))  # of a state by the one before it, without its sign
    assert found == pytest.approx([2 * slopes[1] * slopes[2], 2 * slopes[2], 2.0], rel=1e-6)


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_gradients_are_how_much_a_nudged_state_moves_the_score(kind: str) -> None:
    layer = network(recurrent=kind).recurrent.double()
    steps = torch.randn(1, 6, MELS, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    weights = torch.randn(8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    found = memory.state_gradients(layer, steps, lambda outputs: outputs[0, -1] @ weights)
    after = 3  # steps taken before the state is nudged
    with torch.no_grad():
        _, state = layer(steps[:, :after])
        parts = state if isinstance(state, tuple) else (state,)

        def score(nudged: list[torch.Tensor]) -> float:
            return float(layer(steps[:, after:], tuple(nudged) if len(nudged) > 1 else nudged[0])[0][0, -1] @ weights)

        total = 0.0
        for index, part in enumerate(parts):
            for unit in range(8):
                nudge = torch.zeros_like(part)
                nudge[0, 0, unit] = 1e-5
                up, down = ([p + s * nudge if i == index else p for i, p in enumerate(parts)] for s in (1, -1))
                total += ((score(up) - score(down)) / 2e-5) ** 2
    assert found[after - 1] == pytest.approx(np.sqrt(total), rel=1e-5)


def test_gradients_leave_the_parameters_alone_and_two_directions_are_refused() -> None:
    model = network()
    memory.state_gradients(model.recurrent, torch.randn(1, 5, MELS), lambda outputs: outputs.sum())
    assert all(parameter.grad is None for parameter in model.parameters())
    with pytest.raises(ValueError, match="both directions"):
        memory.state_gradients(network(bidirectional=True).recurrent, torch.randn(1, 5, MELS), lambda o: o.sum())


def test_a_gate_that_stays_open_reaches_farther_than_one_that_is_shut() -> None:
    reaches = []
    for bias in (-6.0, 6.0):
        layer = network().recurrent
        with torch.no_grad():
            layer.bias_ih_l0[8:16] = bias  # PyTorch's order: reset, update, new; an open update gate keeps the state
        sizes = memory.state_gradients(layer, torch.randn(1, STEPS, MELS), lambda outputs: outputs[0, -1].sum())
        reaches.append(memory.reach(sizes))
    assert reaches[1] == STEPS - 1 > 10 > reaches[0]


def test_the_reach_counts_the_steps_before_the_last_that_have_not_faded() -> None:
    assert memory.reach(np.array([1e-9, 0.5, 0.009, 0.02, 1.0])) == 1
    assert memory.reach(np.array([0.5, 1.0])) == 1
    assert memory.reach(np.array([0.0, 1.0])) == 0


def test_attributions_are_those_of_captum_from_silence_and_add_up() -> None:
    model, image = network(front_end=True, bidirectional=True, pooling="attention"), features()
    found = sound.attribute(model, image, floor=SILENCE_FEATURE, target=2, steps=64)
    given = torch.from_numpy(image)[None]
    expected = IntegratedGradients(model).attribute(
        given, torch.full_like(given, SILENCE_FEATURE), target=2, n_steps=64
    )
    np.testing.assert_allclose(found.values, expected[0].numpy(), atol=1e-5)
    with torch.no_grad():
        scores = model(torch.cat([given, torch.full_like(given, SILENCE_FEATURE)]))[:, 2]
    assert found.score == pytest.approx(float(scores[0]), abs=1e-5)
    assert found.blank_score == pytest.approx(float(scores[1]), abs=1e-5)
    assert found.values.sum() == pytest.approx(float(scores[0] - scores[1]) + found.error, abs=1e-4)
    assert abs(found.error) < 0.05 * abs(float(scores[0] - scores[1])) + 1e-3


class Counting(nn.Module):
    """A score that is the sum of the features of one frame or one band."""

    def __init__(self, *, frame: int | None = None, band: int | None = None) -> None:
        super().__init__()
        self.frame, self.band = frame, band

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        part = inputs[:, self.frame] if self.frame is not None else inputs[:, :, self.band]
        return part.sum(1, keepdim=True)


@pytest.mark.parametrize(("axis", "at", "width", "stride"), [(0, 41, 10, 4), (1, 19, 4, 2)])
def test_occlusion_finds_the_stretch_that_a_score_hangs_on(axis: int, at: int, width: int, stride: int) -> None:
    image = features()
    model = Counting(frame=at) if axis == 0 else Counting(band=at)
    found = sound.occlude(model, image, floor=SILENCE_FEATURE, target=0, axis=axis, width=width, stride=stride)
    lost = float((image.take(at, axis=axis) - SILENCE_FEATURE).sum())
    assert found.start <= at < found.start + width
    assert found.largest == pytest.approx(lost, rel=1e-4)
    assert found.drops[at] == pytest.approx(lost, rel=1e-4)  # every stretch over it costs all of it
    assert found.drops[0] == pytest.approx(0, abs=1e-3)


def test_bands_that_are_not_kept_are_silent_and_the_others_untouched() -> None:
    image, kept = features(), np.arange(MELS) >= 5
    left = sound.without_bands(image, kept, floor=SILENCE_FEATURE)
    assert (left[:, :5] == np.float32(SILENCE_FEATURE)).all()
    assert np.array_equal(left[:, 5:], image[:, 5:])


@pytest.mark.parametrize(("low", "high", "passes"), [(0, 1000, [300]), (800, 4000, [1500, 3000]), (1000, 2000, [1500])])
def test_only_tones_between_the_cuts_are_left(low: float, high: float, passes: list[int]) -> None:
    seconds = np.arange(16_000) / 16_000
    for tone in (300, 1500, 3000, 6000):
        wave = (0.5 * np.sin(2 * np.pi * tone * seconds)).astype(np.float32)
        left = sound.band_pass(wave, low, high, rate=16_000)[2000:-2000]
        loudness = float(np.sqrt(2 * np.mean(left**2)))
        assert left.dtype == np.float32
        assert loudness == pytest.approx(0.5, rel=0.1) if tone in passes else loudness < 0.05


def test_band_centres_are_where_the_features_answer_a_tone_most() -> None:
    centres = band_centres(40)
    for band in (8, 20, 35):
        tone = torch.sin(torch.arange(16_000) * (2 * torch.pi * centres[band] / 16_000))[None] * 0.5
        assert int(log_mel(tone, num_mels=40)[0].mean(0).argmax()) == band
