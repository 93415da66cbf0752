"""The documentation says what the code does: settings, commands, pages, paths, links and knobs, in both directions."""

import re
import tomllib
from pathlib import Path

import pytest

from core import docs
from docs import architecture

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = ["README.md", "CONTRIBUTING.md", "docs/architecture.md"]
CODE = [ROOT / "Home.py", *(path for folder in ("core", "ui", "pages") for path in (ROOT / folder).rglob("*.py"))]
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(path for folder in ("docs", "weights", "benchmarks", "deploy") for path in (ROOT / folder).rglob("*.md")),
]
SUFFIXES = (".py", ".md", ".toml", ".txt", ".ini", ".json", ".sql", ".yml", ".yaml", ".safetensors")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_listings(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def looks_like_a_path(word: str) -> bool:
    plain = re.fullmatch(r"[\w.][\w./-]*", word) is not None and not word.startswith("..")
    return plain and ("/" in word or word.endswith(SUFFIXES))


def test_every_setting_of_the_code_is_documented_and_the_other_way_round() -> None:
    used = {name for path in CODE for name in re.findall(r"\bGLASSBOX_[A-Z_]+\b", path.read_text(encoding="utf-8"))}
    documented = set(re.findall(r"\bGLASSBOX_[A-Z_]+\b", (ROOT / "docs/settings.md").read_text(encoding="utf-8")))
    assert documented == used


def test_every_server_option_that_is_set_is_documented() -> None:
    options = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    sections = set(options) - {"theme"}
    names = {f"{section}.{name}" for section in sections for name in options[section]}
    documented = re.findall(
        r"^\| `([a-z]+\.[A-Za-z]+)` \|", (ROOT / "docs/settings.md").read_text("utf-8"), re.MULTILINE
    )
    assert set(documented) == names


def test_every_make_target_is_in_the_readme_and_the_other_way_round() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    offered = set(re.findall(r"^([a-z]+):.*## ", makefile, flags=re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README, flags=re.MULTILINE))
    assert named == offered


def test_every_page_is_in_the_readme_and_the_other_way_round() -> None:
    assert set(re.findall(r"`(pages/\w+\.py)`", README)) == {relative(path) for path in ROOT.glob("pages/*.py")}


@pytest.mark.parametrize("guide", GUIDES)
def test_every_path_in_the_guides_exists(guide: str) -> None:
    words = re.findall(r"`([^`\n]+)`", without_listings((ROOT / guide).read_text(encoding="utf-8")))
    assert [word for word in words if looks_like_a_path(word) and not (ROOT / word).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", without_listings(document.read_text(encoding="utf-8")))
    own = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert [target for target in own if not (document.parent / target).exists()] == []


def test_the_page_of_knobs_is_up_to_date() -> None:
    assert (ROOT / "docs/knobs.md").read_text(encoding="utf-8") == docs.knobs_page(), (
        "Write it again: python -m core.docs > docs/knobs.md"
    )


def test_the_page_of_data_sets_is_up_to_date() -> None:
    assert (ROOT / "docs/data.md").read_text(encoding="utf-8") == docs.data_page(), (
        "Write it again: python -m core.docs data > docs/data.md"
    )


def test_the_page_of_what_can_be_brought_is_up_to_date() -> None:
    assert (ROOT / "docs/inputs.md").read_text(encoding="utf-8") == docs.inputs_page(), (
        "Write it again: python -m core.docs inputs > docs/inputs.md"
    )


def test_the_picture_of_the_house_is_that_of_its_imports() -> None:
    assert architecture.PAGE.read_text(encoding="utf-8") == architecture.page(), (
        "Write it again: python -m docs.architecture"
    )


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
