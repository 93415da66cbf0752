"""Which demos have a page here. A run may belong to one that has none (any more)."""

from pathlib import Path

from core import demos
from core.contract import Task

PAGES = Path(__file__).parents[1] / "pages"


def tasks() -> dict[str, Task]:
    """The demos that have a page, by name, in their order."""
    return {name: demos.task(name) for name in demos.names() if (PAGES / f"{name}.py").exists()}
