"""A nested training state as flat tensors plus a JSON skeleton, and back, exactly. Never pickle.

Tensors keep dtype, shape (0-d and empty ones too) and the channels-last layout; floats go through `repr`, which is
exact; keys of dictionaries may be numbers, as in the state of an optimizer. Where files lie is not known here.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from io import BufferedIOBase
from typing import Any

import torch

TENSOR, DICT, TUPLE = "$tensor", "$dict", "$tuple"
DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}  # by their names in a safetensors file


def flatten(state: Any) -> tuple[Any, dict[str, torch.Tensor]]:
    """Split a state into what JSON holds and what safetensors holds.

    Args:
        state: nested dictionaries, lists and tuples of tensors, numbers, strings, booleans and None.

    Returns:
        The skeleton, ready for JSON, and contiguous CPU tensors by path ("learner/network/conv1.weight") that share
        no memory with each other.

    Raises:
        TypeError: something else is in the state, or a tensor of a type not in `DTYPES`; the message names its path.
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


def tensor_parts(tensors: Mapping[str, torch.Tensor]) -> Iterator[bytes | memoryview]:
    """Contiguous CPU tensors as the parts of a safetensors file, so that the whole is never in memory twice.

    The library writes to a path or to one string of bytes. Source: https://huggingface.co/docs/safetensors.
    """
    names = {dtype: name for name, dtype in DTYPES.items()}
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0]))  # so that all are aligned
    header, end = {}, 0
    for name, tensor in ordered:
        begin, end = end, end + tensor.nbytes
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    yield struct.pack("<Q", len(encoded)) + encoded
    for _, tensor in ordered:
        yield tensor.view(-1).view(torch.uint8).numpy().data


class TensorFile(Mapping[str, torch.Tensor]):
    """The tensors of a safetensors file that `tensor_parts` or the library wrote, each read when it is asked for."""

    def __init__(self, file: BufferedIOBase) -> None:
        (size,) = struct.unpack("<Q", file.read(8))
        self._header: dict[str, Any] = json.loads(file.read(size))
        self._header.pop("__metadata__", None)
        self._file, self._begin = file, 8 + size

    def __getitem__(self, name: str) -> torch.Tensor:
        entry = self._header[name]
        begin, end = entry["data_offsets"]
        content = torch.empty(end - begin, dtype=torch.uint8)
        self._file.seek(self._begin + begin)
        self._file.readinto(content.numpy().data)
        return content.view(DTYPES[entry["dtype"]]).view(entry["shape"])

    def __iter__(self) -> Iterator[str]:
        return iter(self._header)

    def __len__(self) -> int:
        return len(self._header)


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
    if tensor.dtype not in DTYPES.values():
        raise TypeError(f"The state holds a tensor of type {tensor.dtype} at {path}, which cannot be saved.")
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
