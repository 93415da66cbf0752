"""The recipe of Voice's release model stands once, in its preset."""

from core.demos.voice.config import RELEASE, VoiceConfig
from release.voice import release_training


def test_the_model_that_ships_was_trained_by_the_preset_that_says_so() -> None:
    epochs = RELEASE.card["phases"][0]
    assert RELEASE.config(VoiceConfig) == release_training(epochs=epochs, seed=0)
