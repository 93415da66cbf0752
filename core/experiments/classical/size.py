"""How much a fitted classifier keeps: the bytes of all its arrays. Nothing is saved for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse import issparse


def num_bytes(fitted: Any) -> int:
    """Bytes of all arrays and words that a fitted estimator of scikit-learn holds, each counted once.

    A forest is its nodes, an SVM its support vectors, nearest neighbours are their training examples, a vocabulary its
    words. What only fitting needed and an estimator keeps all the same counts too.
    """
    return _bytes(fitted, {})


def _bytes(value: Any, seen: dict[int, Any]) -> int:
    if id(value) in seen or value is None or isinstance(value, int | float | bool | type) or callable(value):
        return 0
    seen[id(value)] = value  # kept, so that no id is used twice
    if isinstance(value, np.ndarray):
        return sum(_bytes(one, seen) for one in value.flat) if value.dtype == object else value.nbytes
    if issparse(value):
        return _bytes(value.data, seen) + _bytes(value.indices, seen) + _bytes(value.indptr, seen)
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping):
        return sum(_bytes(one, seen) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple | set):
        return sum(_bytes(one, seen) for one in value)
    state = value.__getstate__() if type(value).__name__ == "Tree" else getattr(value, "__dict__", {})
    return _bytes(state, seen)
