"""PyTorch's own transformer layer with the weights of ours."""

from typing import Any

import torch
from torch import nn


def copied(ours: Any, *, norm_first: bool, width: int = 8, feed_forward: int = 16) -> nn.TransformerEncoderLayer:
    """PyTorch's own layer with the weights of ours."""
    theirs = nn.TransformerEncoderLayer(
        width, 2, feed_forward, dropout=0.0, activation="gelu", batch_first=True, norm_first=norm_first
    ).eval()
    attention = ours.attention
    theirs.self_attn.in_proj_weight.data = torch.cat(
        [attention.query.weight, attention.key.weight, attention.value.weight]
    )
    theirs.self_attn.in_proj_bias.data = torch.cat([attention.query.bias, attention.key.bias, attention.value.bias])
    theirs.self_attn.out_proj.load_state_dict(attention.output.state_dict())
    theirs.linear1.load_state_dict(ours.inner.state_dict())
    theirs.linear2.load_state_dict(ours.outer.state_dict())
    theirs.norm1.load_state_dict(ours.attention_norm.state_dict())
    theirs.norm2.load_state_dict(ours.outer_norm.state_dict())
    return theirs
