"""The lock: every package beneath the requirements in one version, with the hashes of its files, compared offline.

What is compared: the lock with the requirements, what is installed with the lock, and the files that pip took with
their hashes. Known holes in a locked version are not looked up here: that needs the internet (SECURITY.md).
"""

import json
import os
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as normalised

ROOT = Path(__file__).parents[1]
REPORTS = [Path(sys.prefix) / name for name in ("installed.json", "installed-dev.json")]
BOOTSTRAP = {"pip", "setuptools", "uv"}  # what makes a virtual environment or the lock itself


@dataclass(frozen=True)
class Locked:
    """One package of the lock."""

    version: str
    hashes: frozenset[str]  # sha256 of each file that may be installed


def read_lock() -> dict[str, Locked]:
    """The packages that the lock names for this Python and system."""
    found = {}
    for block in re.split(r"\n(?=[a-zA-Z0-9])", (ROOT / "requirements.lock").read_text(encoding="utf-8")):
        if block.startswith("#"):
            continue
        pinned = Requirement(block.partition("\\")[0])
        hashes = frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
        assert hashes, f"{pinned} has no hashes"
        if pinned.marker is None or pinned.marker.evaluate():
            found[normalised(pinned.name)] = Locked(str(pinned.specifier).removeprefix("=="), hashes)
    return found


LOCK = read_lock()


def required(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return {normalised(one): version for one, version in re.findall(r"^([\w.-]+)(?:\[\w+\])?==(\S+)", text, re.M)}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_holds_every_requirement_in_its_version(name: str) -> None:
    pins = required(name)
    assert pins
    assert {one: LOCK[one].version if one in LOCK else None for one in pins} == pins, "run `make lock`"


def test_what_is_installed_is_what_is_locked() -> None:
    installed = {normalised(one.metadata["Name"]): one.version.partition("+")[0] for one in metadata.distributions()}
    other = {name: version for name, version in installed.items() if name in LOCK and LOCK[name].version != version}
    assert other == {}, "not the versions of requirements.lock"
    if os.environ.get("CI"):  # elsewhere people may have tools of their own beside
        assert set(installed) - set(LOCK) - BOOTSTRAP == set()


@pytest.mark.parametrize("report", REPORTS, ids=lambda path: path.stem)
def test_every_installed_file_has_a_hash_of_the_lock(report: Path) -> None:
    if not report.exists():
        pytest.skip(f"{report.name}: these packages were not installed by make")
    strangers = []
    for one in json.loads(report.read_text(encoding="utf-8"))["install"]:
        name, version = normalised(one["metadata"]["name"]), one["metadata"]["version"]
        if "+" in version:
            continue  # a build such as +cpu is not the registry's: it comes from where pip was told to look
        if one["download_info"]["archive_info"]["hashes"]["sha256"] not in LOCK[name].hashes:
            strangers.append(f"{name} {version}")
    assert strangers == []
