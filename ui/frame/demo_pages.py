"""Which demos have a page here, and where runs are shown. A run may belong to a demo that has none (any more)."""

from pathlib import Path

from core import demos
from core.contract import Task
from ui.frame.links import page_path

PAGES = Path(__file__).parents[2] / "pages"


def tasks() -> dict[str, Task]:
    """The demos that have a page of their own, by name, in their order."""
    return {name: task for name, task in shown().items() if not task.page}


def shown() -> dict[str, Task]:
    """The demos whose runs a page shows, by name, in their order."""
    all_tasks = {name: demos.task(name) for name in demos.names()}
    return {name: task for name, task in all_tasks.items() if (PAGES / f"{task.page or name}.py").exists()}


def run_page(task_name: str) -> str:
    """Path of the page that shows the runs of a demo, one of `shown()`."""
    return page_path(demos.task(task_name).page or task_name)
