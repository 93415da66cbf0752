"""The recipe of Voice's release model stands once, in its preset."""

import json

from core.demos.voice.config import RELEASE
from core.knobs import to_json
from release.voice import release_training


def test_the_model_that_ships_was_trained_by_the_preset_that_says_so() -> None:
    card = json.loads((RELEASE.folder / "model.json").read_text(encoding="utf-8"))
    assert card["config"] == to_json(release_training(epochs=card["phases"][0], seed=0))
