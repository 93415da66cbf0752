"""The networks of the Voice demo. They know log-mel features and logits, nothing of data sets, losses or optimizers."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

FEATURE_MEAN, FEATURE_STD = -6.0, 5.0  # of log-mel features of speech, roughly
CHANNELS = (16, 32, 48)
STRIDE = 4  # frames that the convolutional front end takes in one step
STEP_FEATURES = 128
NUM_HEADS = 4

RECURRENT: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Inspection(NamedTuple):
    """What happens inside a network on its way to an answer."""

    logits: torch.Tensor  # (B, classes)
    states: torch.Tensor  # (B, steps, directions · hidden): of the last recurrent layer
    attention: torch.Tensor | None  # (B, heads, steps), sums to one over the steps; None without attention
    step_logits: torch.Tensor  # (B, steps, classes): the answer if this step alone counted


class FrontEnd(nn.Module):
    """Three convolutions over time and frequency: a quarter of the steps, an eighth of the bands."""

    def __init__(self, num_mels: int) -> None:
        super().__init__()
        first, second, third = CHANNELS
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, first, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(second),
            nn.ReLU(),
            nn.Conv2d(second, third, 3, stride=(1, 2), padding=1, bias=False),
            nn.BatchNorm2d(third),
            nn.ReLU(),
        )
        self.project = nn.Linear(third * -(-num_mels // 8), STEP_FEATURES)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, frames, mels) → (B, frames / 4, 128)."""
        maps = self.convolutions(features.unsqueeze(1))  # (B, 48, steps, mels / 8)
        return self.project(maps.permute(0, 2, 1, 3).flatten(2))


class VoiceNetwork(nn.Module):
    """A recurrent network over log-mel features, (B, frames, mels) float32 → (B, num_classes) logits.

    Args:
        num_mels: bands of the features.
        num_classes: answers.
        front_end: convolutions before the recurrent layers; without, these read the frames themselves.
        recurrent: "rnn" (Elman 1990, tanh), "lstm" (Hochreiter and Schmidhuber 1997) or "gru" (Cho et al. 2014).
        layers: recurrent layers, one above the other.
        hidden_size: state of each layer and direction.
        bidirectional: read forwards and backwards.
        pooling: "attention" (a learned weighting of the steps in four heads, after Rybakov et al. 2020), "mean" of the
            steps, or the "last" state of each direction.
        dropout: between the recurrent layers and before the answer.
    """

    def __init__(
        self,
        *,
        num_mels: int,
        num_classes: int,
        front_end: bool,
        recurrent: str,
        layers: int,
        hidden_size: int,
        bidirectional: bool,
        pooling: str,
        dropout: float,
    ) -> None:
        super().__init__()
        self.stride = STRIDE if front_end else 1
        self.pooling = pooling
        self.num_mels = num_mels
        self.front_end = FrontEnd(num_mels) if front_end else None
        self.recurrent = RECURRENT[recurrent](
            STEP_FEATURES if front_end else num_mels,
            hidden_size,
            num_layers=layers,
            bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,
            batch_first=True,
        )
        width = hidden_size * (2 if bidirectional else 1)
        self.num_heads = NUM_HEADS if pooling == "attention" else 1
        self.attention = nn.Linear(width, NUM_HEADS) if pooling == "attention" else None
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width * self.num_heads, num_classes)
        self.is_frozen = False

    def freeze_all_but_head(self) -> None:
        """Let only the answer layer learn; everything below it computes as in evaluation from now on."""
        self.requires_grad_(False)
        self.head.requires_grad_(True)
        self.is_frozen = True
        self.train(self.training)

    def train(self, mode: bool = True) -> "VoiceNetwork":
        """As `nn.Module.train`; what is frozen keeps its statistics and drops nothing out."""
        super().train(mode)
        if self.is_frozen:
            for part in (self.front_end, self.recurrent):
                if part is not None:
                    part.eval()
        return self

    def steps(self, features: torch.Tensor) -> torch.Tensor:
        """(B, frames, mels) → (B, steps, inputs): what the recurrent layer reads, step by step."""
        standard = (features - FEATURE_MEAN) / FEATURE_STD
        return self.front_end(standard) if self.front_end is not None else standard

    def states(self, features: torch.Tensor) -> torch.Tensor:
        """(B, frames, mels) → (B, steps, directions · hidden): states of the last recurrent layer."""
        return self.recurrent(self.steps(features))[0]

    def weights(self, states: torch.Tensor) -> torch.Tensor | None:
        """(B, heads, steps) attention, or None without it."""
        return None if self.attention is None else self.attention(states).softmax(1).transpose(1, 2)

    def pool(self, states: torch.Tensor) -> torch.Tensor:
        """(B, steps, width) → (B, heads · width): all steps as one."""
        attention = self.weights(states)
        if attention is not None:
            return (attention @ states).flatten(1)
        if self.pooling == "mean":
            return states.mean(1)
        hidden = self.recurrent.hidden_size
        return torch.cat([states[:, -1, :hidden], states[:, 0, hidden:]], dim=1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, frames, mels) float32 log-mel → (B, num_classes) logits."""
        return self.head(self.dropout(self.pool(self.states(features))))

    def inspect(self, features: torch.Tensor) -> Inspection:
        """Answers with what led to them. With attention, an answer is the attention's mean of the steps' answers."""
        states = self.states(features)
        return Inspection(
            logits=self.head(self.pool(states)),
            states=states,
            attention=self.weights(states),
            step_logits=self.head(states.repeat(1, 1, self.num_heads)),
        )
