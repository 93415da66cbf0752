"""A page that leaves a circle of objects."""

import weakref
from typing import Any

LEFT: list["weakref.ref[Any]"] = []


def page() -> None:
    """Leaves a circle that only the collector can free."""
    import weakref

    from tests.support.circle import LEFT, Circle

    LEFT.append(weakref.ref(Circle()))


class Circle:
    def __init__(self) -> None:
        self.itself = self
