"""Which demos have a page here, and where runs are shown. A run may belong to a demo that has none (any more)."""

from core import demos
from core.demo import Demo
from ui.frame.links import page_exists, page_path


def tasks() -> dict[str, Demo]:
    """The demos that have a page of their own, by name, in their order."""
    return {name: demo for name, demo in shown().items() if not demo.page.name}


def shown() -> dict[str, Demo]:
    """The demos whose runs a page shows, by name, in their order."""
    everything = {name: demos.find(name) for name in demos.names()}
    return {name: demo for name, demo in everything.items() if page_exists(demo.page.name or name)}


def run_page(task_name: str) -> str:
    """Path of the page that shows the runs of a demo, one of `shown()`."""
    return page_path(demos.find(task_name).page.name or task_name)
