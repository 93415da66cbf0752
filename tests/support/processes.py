"""Commands as processes of their own."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.support.paths import ROOT

Call = Callable[..., tuple[int, list[dict[str, Any]], str]]  # what the fixture `call` is


def spawn(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """A command as a process of its own."""
    command = [sys.executable, "-m", "core", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", **options
    )
