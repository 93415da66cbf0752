"""Which room may use which (pyproject.toml says it for `core` and `ui`), and what costs no PyTorch."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.reading.parsers import PARSERS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "Home.py", *sorted((ROOT / "pages").glob("*.py"))]
HEAVY = ["torch", "streamlit", "plotly", "pandas", "scipy", "sklearn", "transformers"]


def imported(path: Path) -> set[str]:
    """Full names of all modules that a file imports, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_rooms_use_each_other_downwards_only() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_leaves_drawing_networks_and_storage_to_their_rooms(path: Path) -> None:
    names = imported(path)
    assert not {name.split(".")[0] for name in names} & {"plotly", "torch", "sqlite3", "safetensors"}
    assert "core.runs.store" not in names, "pages have the side of people, ui.frame.services.store()"


@pytest.mark.parametrize("folder", ["core", "ui"])
def test_no_room_imports_a_page(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        assert not {name.split(".")[0] for name in imported(path)} & {"pages", "Home"}, path


@pytest.mark.parametrize(
    "statement",
    [
        "import core.contract",
        "import core.errors",
        "import core.settings",
        "import core.demos; [core.demos.task(name).Config() for name in core.demos.names()]",
        "import core.runs.store",
        "import core.docs; core.docs.knobs_page()",
    ],
)
def test_what_a_page_needs_at_once_imports_nothing_heavy(statement: str) -> None:
    program = f"import sys; {statement}; print(*set(sys.modules) & {set(HEAVY)!r})"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


@pytest.mark.parametrize("side", ["core", "ui"])
def test_tests_lie_where_the_rooms_that_they_test_lie(side: str) -> None:
    for path in (ROOT / "tests" / side).rglob("test_*.py"):
        assert (ROOT / path.parent.relative_to(ROOT / "tests")).is_dir(), path


def test_what_several_tests_use_lies_in_one_package() -> None:
    """No test imports another; beside tests and their fixtures there is the demo of somebody else."""
    tests = ROOT / "tests"
    for path in tests.rglob("*.py"):
        names = {name for name in imported(path) if re.match(r"tests\.", name)}
        assert not [name for name in names if not re.match(r"tests\.(support\b|([a-z]+\.)?conftest\b)", name)], path
        modules = [name.split(".")[2] for name in names if re.match(r"tests\.support\.", name)]
        assert all((tests / "support" / f"{module}.py").exists() for module in modules), path
        if path.relative_to(tests).parts[0] not in ("support", "irises"):
            assert re.fullmatch(r"(test_\w+|conftest|__init__)\.py", path.name), path


def test_every_fragment_has_a_container_of_its_own() -> None:
    used = {path for path in (ROOT / "ui").rglob("*.py") if "st.fragment" in path.read_text(encoding="utf-8")}
    assert used == {ROOT / "ui" / "frame" / "fragments.py"}


def test_what_people_bring_is_read_outside_the_pages_alone() -> None:
    """No page and no shared widget calls a parser; the sounds that come with the studio are its own."""
    parsers = {name.partition(":")[2] for name in PARSERS} | {"read_zip"}  # all parts of a zip, in one process
    called = set()
    for path in [*PAGES, *(ROOT / "ui").rglob("*.py")]:
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                names = {
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    for node in ast.walk(function)
                    if isinstance(node, ast.Call)
                }
                called |= {(path.relative_to(ROOT).as_posix(), function.name) for name in names & parsers if name}
    assert called == {("ui/demos/voice/source.py", "sample")}


@pytest.mark.parametrize("decoder", ["soundfile", "zipfile", "pandas"])
def test_no_page_has_a_decoder_of_its_own(decoder: str) -> None:
    for path in [*PAGES, *(ROOT / "ui").rglob("*.py")]:
        assert decoder not in imported(path), path
        assert "Image.open(" not in path.read_text(encoding="utf-8"), path


def test_a_place_of_foundations_has_one_name_in_every_room() -> None:
    """Its page, its arithmetic and training, and its figure; what belongs to it alone begins with its name."""
    places = {path.stem for path in (ROOT / "ui" / "lessons").glob("*.py") if "\nPLACE = " in path.read_text("utf-8")}
    assert len(places) == 9
    of_several = {"activations", "side_by_side", "small_digits", "trained_place"}
    modules = {path.stem for path in (ROOT / "core" / "lessons").iterdir() if not path.name.startswith("__")}
    named = {name: next((place for place in places if name.startswith(place)), None) for name in modules - of_several}
    assert [name for name, place in named.items() if place is None] == []
    # The figures of these two are those of experiments.
    assert places - set(named.values()) == {"more_data", "classical_comparison"}
    assert {"classical", "more_data"} <= {path.stem for path in (ROOT / "core" / "experiments").iterdir()}
    for module in (ROOT / "core" / "plots").glob("*.py"):
        used = {name.split(".")[2] for name in imported(module) if name.startswith("core.lessons.")} - of_several
        assert all(named[name] == module.stem for name in used), module
