"""Speech that is made within seconds."""

from pathlib import Path

import pytest

from core.data.sound import speech


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch, glassbox_home: Path) -> None:
    """Three training clips of each word, and only four words that are unknown."""
    monkeypatch.setattr(speech, "NUM_SYNTHETIC", 3)
    monkeypatch.setattr(speech, "CORE_WORDS", ("yes", "no"))
    monkeypatch.setattr(speech, "OTHER_WORDS", ("cat", "dog"))
