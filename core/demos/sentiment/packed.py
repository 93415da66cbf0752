"""A network that answers sooner: its linear layers read half-precision weights that are packed once.

A sentence is too short to keep a processor's multiplication busy while it fetches 32-bit weights from memory. FBGEMM
(Khudia et al. 2021) keeps them as 16-bit numbers in the order in which they are read, and multiplies and adds in 32
bits as before.
"""

from __future__ import annotations

import copy

import torch
from torch import nn


class HalfLinear(nn.Module):
    """What a linear layer of half-precision weights computes, without gradients."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        bias = None if layer.bias is None else layer.bias.detach()
        self.packed = torch.ops.quantized.linear_prepack_fp16(layer.weight.detach().contiguous(), bias)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(..., D) float32 → (..., D') float32."""
        return torch.ops.quantized.linear_dynamic_fp16(inputs, self.packed)


def packed(network: nn.Module) -> nn.Module:
    """A copy for answers on the processor, which shares all other weights; the network itself without FBGEMM.

    The weights of the network's own linear layers are rounded to half precision, so that both compute the same; their
    sums differ by float32's rounding. The network must not be trained afterwards.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.data = layer.weight.data.half().float()
    if not _has_fbgemm():
        return network
    answering = copy.deepcopy(network, {id(parameter): parameter for parameter in network.parameters()})
    for module in [*answering.modules()]:
        for name, layer in list(module.named_children()):
            if isinstance(layer, nn.Linear):
                setattr(module, name, HalfLinear(layer))
    return answering


def _has_fbgemm() -> bool:
    modern = torch.backends.cpu.get_cpu_capability().startswith("AVX")  # AVX2 or AVX512: FBGEMM needs one of them
    return modern and torch.backends.quantized.engine in ("x86", "fbgemm")
