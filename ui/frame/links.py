"""Links between pages. Streamlit wants paths that are relative to the script of the frame, `ui/navigation.py`."""

import importlib
from functools import cache
from pathlib import Path

from core import demos

PAGES = Path(__file__).parents[2] / "pages"


@cache
def _page_file(name: str, packages: tuple[str, ...]) -> Path:
    """The page of that name: in `pages/`, or in the folder of that name beside demos of another package."""
    elsewhere = (Path(place) / "pages" for package in packages for place in importlib.import_module(package).__path__)
    files = (folder / f"{name}.py" for folder in elsewhere)
    return next((file for file in files if file.exists()), PAGES / f"{name}.py")


def page_exists(name: str) -> bool:
    """Whether there is a page of that name."""
    return _page_file(name, demos.more_packages()).exists()


def page_path(name: str) -> str:
    """Path of a page for `st.Page`, `st.page_link` and `st.switch_page`."""
    file = _page_file(name, demos.more_packages())
    return f"../pages/{name}.py" if file.parent == PAGES else str(file)


def run_query(run_id: str) -> dict[str, str]:
    """Query parameters of the address of a run on its demo's page."""
    return {"view": "train", "run": run_id}
