"""Work counted rather than timed: the same number on a busy machine as on an idle one."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


@dataclass
class Calls:
    """Functions called so far, of Python and of its built-in and compiled modules."""

    number: int = 0


@contextmanager
def counted_calls() -> Iterator[Calls]:
    """Count the functions that this thread calls."""
    calls, before = Calls(), sys.getprofile()

    def count(frame: Any, event: str, argument: Any) -> None:
        calls.number += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(before)


class Dispatched(TorchDispatchMode):
    """What PyTorch is asked to do, forward and backward, while this is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.flops, self.numbers = 0, 0, 0  # numbers: written, by what is no mere view

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.calls += 1
        formula = flop_registry.get(func._overloadpacket)
        if formula is not None:
            self.flops += formula(*args, **(kwargs or {}), out_val=made)
        if not func.is_view:
            outputs = made if isinstance(made, list | tuple) else (made,)
            self.numbers += sum(output.numel() for output in outputs if isinstance(output, torch.Tensor))
        return made


def dispatched(do: Callable[[], object]) -> Dispatched:
    """What PyTorch is asked to do by a call."""
    with Dispatched() as found:
        do()
    return found
