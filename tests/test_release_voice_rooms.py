"""What Voice's release model is trained on with: near-words, noise, neighbours, and a wider layer."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.data.sound import audio
from core.demos.voice.config import VoiceConfig
from core.demos.voice.features import SILENCE_FEATURE, log_mel
from core.demos.voice.learner import make_network
from release import near_words, noises, unheard_noises, voice, voice_rooms

QUIET = SILENCE_FEATURE


def spoken(first: int, last: int, level: float) -> np.ndarray:
    """(98, 40) log-mel of something that is said in some frames, at one level."""
    features = np.full((98, 40), QUIET, np.float16)
    features[first:last] = level
    return features


def test_words_to_measure_with_are_not_trained_on() -> None:
    assert not set(near_words.WORDS) & set(near_words.HELD_OUT)
    assert not {*near_words.WORDS, *near_words.HELD_OUT} & set(voice.CLASSES)


def test_two_clips_are_joined_in_the_middle_of_what_is_said() -> None:
    clips = np.stack([spoken(20, 60, 2.0), spoken(40, 80, 2.0)])
    clips[0, :, 20:], clips[1, :, :20] = QUIET, QUIET  # the first has low bands only, the second high ones
    made = near_words.joined(clips, ["yes", "unknown"], ["yes"], 20, seed=0).astype(np.float32)
    for one in made:
        low, high = np.flatnonzero(one[:, :20].mean(1) > 0), np.flatnonzero(one[:, 20:].mean(1) > 0)
        before, after = (low, high) if low[0] < high[0] else (high, low)
        assert abs(int(before[-1]) + 1 - int(after[0])) <= 3  # one ends where the other begins
        assert len(before) + len(after) == pytest.approx(40, abs=3)  # as long as a word


def test_the_halves_of_words_that_give_a_command_are_not_joined() -> None:
    clips = np.stack([spoken(20, 60, level) for level in (2.0, 4.0, 6.0)])
    clips[2, :, 20:] = QUIET  # the only one that may be joined with the others tells itself by its bands
    made = near_words.joined(clips, ["no", "go", "unknown"], ["no", "go"], 30, seed=1).astype(np.float32)
    for one in made:
        halves = one[22:34, 20:].max(), one[46:58, 20:].max()
        assert min(halves) < 0 < max(halves)  # one half of each is of it
    assert {(after, before) for before, after in near_words.SAME_SOUND} == near_words.SAME_SOUND


@pytest.mark.parametrize("kind", [noises.wandering, noises.tones, noises.bursts], ids=lambda kind: kind.__name__)
def test_noise_for_training_is_a_second_of_finite_numbers(kind: Callable[..., np.ndarray]) -> None:
    random = np.random.default_rng(3)
    made = [kind(random) for _ in range(5)]
    assert all(one.shape == (audio.WINDOW,) and np.isfinite(one).all() and one.std() > 0.01 for one in made)


@pytest.mark.parametrize("name", unheard_noises.NOISES)
def test_noise_to_measure_with_has_the_power_of_one(name: str) -> None:
    made = unheard_noises.NOISES[name](2 * audio.RATE, np.random.default_rng(4))
    assert made.shape == (2 * audio.RATE,) and made.dtype == np.float32
    assert float((made.astype(np.float64) ** 2).mean()) == pytest.approx(1.0, rel=1e-3)


def test_a_wider_recurrent_layer_answers_as_the_narrower_one_did() -> None:
    torch.manual_seed(0)
    narrow, wide = (make_network(VoiceConfig(hidden_size=size)).eval() for size in (32, 48))
    wide.load_state_dict(voice_rooms.widened(narrow.state_dict(), wide))
    features = log_mel(0.1 * torch.randn(3, audio.WINDOW), num_mels=40)
    with torch.no_grad():
        assert torch.allclose(narrow(features), wide(features), atol=1e-5)


def test_a_neighbour_joins_words_and_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    clips = torch.from_numpy(np.stack([spoken(40, 58, 1.0 + place) for place in range(8)])).float()
    labels = torch.tensor([0, 1, 2, 3, 4, 5, voice.UNKNOWN, voice.SILENCE])
    monkeypatch.setattr(voice_rooms, "NEIGHBOURS", 1.0)
    monkeypatch.setattr(voice_rooms, "FARTHEST", 56)
    changed = voice_rooms.with_neighbours(clips, labels)
    assert torch.equal(changed[-1], clips[-1])
    assert torch.allclose(changed[:, 40:58], clips[:, 40:58], atol=1e-3)  # what was said is not covered
    edges = torch.cat([changed[:, :30], changed[:, 68:]], dim=1)
    assert (edges.flatten(1).max(1).values > 0).sum() >= 5
    monkeypatch.setattr(voice_rooms, "NEIGHBOURS", 0.0)
    assert torch.equal(voice_rooms.with_neighbours(clips, labels), clips)


def test_a_fifth_of_the_weights_that_a_training_began_with_is_kept() -> None:
    before, after = (
        {"a": torch.tensor([0.0, 10.0]), "n": torch.tensor(3)},
        {"a": torch.tensor([5.0, 0.0]), "n": torch.tensor(7)},
    )
    mixed = voice_rooms.mixed(before, after)
    assert mixed["a"].tolist() == [4.0, 2.0] and mixed["n"] == 7


def test_an_epoch_takes_so_many_clips_of_each_pool_and_is_the_same_again() -> None:
    sizes = dict.fromkeys(voice_rooms.EPOCH, 10)
    clips = voice_rooms.Pools(
        {name: torch.full((count, 98, 40), float(place)) for place, (name, count) in enumerate(sizes.items())},
        {name: torch.full((count,), place) for place, (name, count) in enumerate(sizes.items())},
        torch.zeros(1, 98, 40),
    )
    batches = list(clips.epoch(3, 10))
    assert sum(len(labels) for _, labels in batches) == 90  # ten pools of ten, without the last batch
    assert all(torch.equal(features[:, 0, 0].long(), labels) for features, labels in batches)
    again = list(clips.epoch(3, 10))
    assert all(torch.equal(one[1], other[1]) for one, other in zip(batches, again, strict=True))
    assert not torch.equal(batches[0][1], next(clips.epoch(4, 10))[1])


def test_the_config_that_ships_fits_its_limit_of_parameters() -> None:
    network = make_network(voice.release_training(epochs=1, seed=0))
    assert sum(parameter.numel() for parameter in network.parameters()) <= 350_000
