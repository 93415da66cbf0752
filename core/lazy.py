"""Functions that are imported when they are first called, so that naming them costs nothing."""

import pkgutil
from collections.abc import Callable
from functools import partial
from typing import Any


def lazily(place: str, *arguments: Any) -> Callable[..., Any]:
    """A function of another module, called with these arguments first.

    Args:
        place: where it is, "package.module:name"; a wrong one is an ImportError or AttributeError of the first call.
    """
    return partial(_call, place, *arguments)


def _call(place: str, /, *arguments: Any, **named: Any) -> Any:
    return pkgutil.resolve_name(place)(*arguments, **named)
