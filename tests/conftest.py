"""What holds for every test: nothing of the user's is read or written, and GPU tests are skipped without a GPU."""

import os
from pathlib import Path

import pytest

# Before PyTorch is imported: threads that spin while they wait for each other make tests side by side crawl.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(autouse=True)
def glassbox_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that `core.settings.home()` gives in this test; all other settings are at their defaults."""
    for name in [name for name in os.environ if name.startswith("GLASSBOX_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "glassbox"
    monkeypatch.setenv("GLASSBOX_HOME", str(home))
    return home


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if on_gpu:
        import torch

        if not torch.cuda.is_available():
            for item in on_gpu:
                item.add_marker(pytest.mark.skip(reason="no CUDA device here"))
