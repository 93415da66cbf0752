"""Pages on a machine that may be busy with other tests."""

import pytest

from core.reading import pool


@pytest.fixture(autouse=True)
def patient_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the computing that ends the reading of an upload, on a busy machine too."""
    monkeypatch.setattr(pool, "PATIENCE", 60.0)
