"""A nested training state as flat tensors plus a JSON skeleton, and back, exactly. Never pickle.

Tensors keep dtype, shape (0-d and empty ones too) and the channels-last layout; floats go through `repr`, which is
exact; keys of dictionaries may be numbers, as in the state of an optimizer. Nothing here touches files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

TENSOR, DICT, TUPLE = "$tensor", "$dict", "$tuple"


def flatten(state: Any) -> tuple[Any, dict[str, torch.Tensor]]:
    """Split a state into what JSON holds and what safetensors holds.

    Args:
        state: nested dictionaries, lists and tuples of tensors, numbers, strings, booleans and None.

    Returns:
        The skeleton, ready for JSON, and contiguous CPU tensors by path ("learner/network/conv1.weight") that share
        no memory with each other.

    Raises:
        TypeError: something else is in the state; the message names its path.
    """
    tensors: dict[str, torch.Tensor] = {}
    return _flatten(state, "", tensors, set()), tensors


def unflatten(skeleton: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    """The state that `flatten` took apart, in fresh memory."""
    if isinstance(skeleton, list):
        return [unflatten(item, tensors) for item in skeleton]
    if not isinstance(skeleton, dict):
        return skeleton
    if TENSOR in skeleton:
        layout = torch.channels_last if skeleton["channels_last"] else torch.contiguous_format
        return tensors[skeleton[TENSOR]].clone(memory_format=layout)
    if TUPLE in skeleton:
        return tuple(unflatten(item, tensors) for item in skeleton[TUPLE])
    if DICT in skeleton:
        return {unflatten(key, tensors): unflatten(value, tensors) for key, value in skeleton[DICT]}
    return {key: unflatten(value, tensors) for key, value in skeleton.items()}


def _flatten(node: Any, path: str, tensors: dict[str, torch.Tensor], seen: set[int]) -> Any:
    if node is None or isinstance(node, bool | int | float | str):
        return node
    if isinstance(node, torch.Tensor):
        return _put(node, path, tensors, seen)
    if isinstance(node, list | tuple):
        items = [_flatten(item, f"{path}/{index}", tensors, seen) for index, item in enumerate(node)]
        return items if isinstance(node, list) else {TUPLE: items}
    if isinstance(node, Mapping):
        values = [(key, _flatten(value, f"{path}/{key}", tensors, seen)) for key, value in node.items()]
        if all(isinstance(key, str) and not key.startswith("$") for key in node):
            return dict(values)
        return {DICT: [[_flatten(key, f"{path}/{key}", tensors, seen), value] for key, value in values]}
    raise TypeError(f"The state holds a {type(node).__name__} at {path}; only tensors, numbers and text can be saved.")


def _put(tensor: torch.Tensor, path: str, tensors: dict[str, torch.Tensor], seen: set[int]) -> dict[str, Any]:
    flat = tensor.detach().cpu().contiguous()
    storage = flat.untyped_storage()
    # safetensors refuses tensors that share memory: tied weights, and rows of a larger tensor.
    if storage.data_ptr() in seen or storage.nbytes() != flat.nbytes:
        flat = flat.clone()
    seen.add(flat.untyped_storage().data_ptr())
    name = path.strip("/")
    while name in tensors:  # keys 0 and "0" of one dictionary
        name += "'"
    tensors[name] = flat
    channels_last = not tensor.is_contiguous() and tensor.is_contiguous(memory_format=torch.channels_last)
    return {TENSOR: name, "channels_last": channels_last}
