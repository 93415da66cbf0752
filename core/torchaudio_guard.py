"""Lets torchaudio import where its compiled extension does not fit the installed PyTorch. Nothing else is here.

The wheel of torchaudio 2.11 for Linux has an extension that needs CUDA libraries. Beside a PyTorch for processors it
raises `OSError` on import, and takes every library down that imports torchaudio when it is installed (transformers).
All that Glassbox needs of torchaudio is written in Python and works without the extension.
"""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

EXTENSION = "torchaudio._extension"


class _Loader(importlib.abc.Loader):
    """Runs the extension's own loader, and marks the extension as absent where that fails."""

    def __init__(self, real: importlib.abc.Loader) -> None:
        self.real = real

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        try:
            self.real.exec_module(module)
        except (OSError, RuntimeError) as error:
            module._IS_TORCHAUDIO_EXT_AVAILABLE = False  # type: ignore[attr-defined]
            module._IS_ALIGN_AVAILABLE = False  # type: ignore[attr-defined]
            module.fail_if_no_align = _failing(error)  # type: ignore[attr-defined]


def _failing(error: Exception) -> object:
    """A decorator for the functions that need the extension: they raise when they are called."""
    from torchaudio._internal.module_utils import fail_with_message

    return fail_with_message(f"requires torchaudio's compiled extension, which does not load here: {error}")


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the extension as Python would, and wraps its loader."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != EXTENSION:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


def install() -> None:
    """Guard every later import of torchaudio in this process. A second call changes nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
