"""Random changes to log-mel features: shift, speed, gain, background noise and masks, drawn from given random numbers.

Everything works on a whole batch of features and not on sound, so that no step of a training has to compute spectra.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from core.demos.voice.features import FLOOR, HOP_LENGTH, SAMPLE_RATE

NUM_CHANCES = 15
MILLISECONDS_PER_FRAME = 1000 * HOP_LENGTH / SAMPLE_RATE
PITCH = 0.06  # largest relative move of the bands, where the speed changes
LOUDEST_NOISE, QUIETEST_NOISE = 3.0, 30.0  # dB below the speech
TIME_MASK, BAND_MASK = 0.2, 0.2  # widest mask, as a share of all frames or bands


@dataclass(frozen=True)
class Amount:
    """Largest size of each change; 0 is off."""

    shift: float = 0.0  # ms to either side
    speed: float = 0.0  # 0.15: from 15 % slower to 15 % faster
    gain: float = 0.0  # dB up and down
    noise: float = 0.0  # share of the examples that get background noise
    masks: bool = False  # SpecAugment: two stretches of time and two of frequency are blanked


def augment(features: torch.Tensor, chance: torch.Tensor, amount: Amount, noises: torch.Tensor) -> torch.Tensor:
    """Change each example on its own; the same chance gives the same change.

    Args:
        features: (B, frames, mels) float32 log-mel.
        chance: (B, NUM_CHANCES) float32 uniform in [0, 1), one row per example.
        amount: the largest changes.
        noises: (N, frames, mels) float32 log-mel of background noise to choose from.

    Source: time and frequency masks after SpecAugment (Park et al. 2019).
    """
    if amount.shift or amount.speed:
        features = _shift_and_stretch(features, chance[:, 0:3], amount)
    if amount.gain or amount.noise:
        features = _mix(features, chance[:, 3:7], amount, noises)
    if amount.masks:
        features = _mask(features, chance[:, 7:15])
    return features


def _shift_and_stretch(features: torch.Tensor, chance: torch.Tensor, amount: Amount) -> torch.Tensor:
    """Move and stretch in time and move the bands a little; the first and last frames go on beyond the edges."""
    signed = chance * 2 - 1
    _, frames, mels = features.shape
    shift = signed[:, 0] * (2 * amount.shift / MILLISECONDS_PER_FRAME / (frames - 1))
    stretch = (1 + amount.speed) ** signed[:, 1]
    bands = 1 + (PITCH if amount.speed else 0.0) * signed[:, 2]
    time = torch.linspace(-1, 1, frames, device=features.device) * stretch[:, None] + shift[:, None]  # (B, frames)
    band = (torch.linspace(0, 2, mels, device=features.device) * bands[:, None]) - 1  # (B, mels): from the lowest on
    grid = torch.stack(
        [band[:, None, :].expand(-1, frames, -1), time[:, :, None].expand(-1, -1, mels)], dim=-1
    )  # (B, frames, mels, 2): where each value is taken from
    moved = F.grid_sample(features.unsqueeze(1), grid, padding_mode="border", align_corners=True)
    return moved.squeeze(1)


def _mix(features: torch.Tensor, chance: torch.Tensor, amount: Amount, noises: torch.Tensor) -> torch.Tensor:
    """Make louder or quieter and add noise; powers add up, as those of independent sounds do."""
    power = (features.exp() - FLOOR).clamp(min=0)  # (B, frames, mels)
    if amount.noise and len(noises):
        noise = noises[(chance[:, 2] * len(noises)).long()].exp()  # with its floor: nothing to divide by zero
        ratio = LOUDEST_NOISE + chance[:, 3] * (QUIETEST_NOISE - LOUDEST_NOISE)  # dB
        factor = power.mean((1, 2)) / noise.mean((1, 2)) * 10 ** (-ratio / 10)
        on = (chance[:, 1] < amount.noise).float()
        power = power + noise * (factor * on)[:, None, None]
    decibels = (chance[:, 0] * 2 - 1) * amount.gain
    return (power * (10 ** (decibels / 10))[:, None, None] + FLOOR).log()


def _mask(features: torch.Tensor, chance: torch.Tensor) -> torch.Tensor:
    """Replace two stretches of frames and two of bands by the example's mean."""
    _, frames, mels = features.shape
    blank = torch.zeros(1, dtype=torch.bool, device=features.device)
    for mask in range(2):
        part = chance[:, 4 * mask : 4 * mask + 4]
        over_time = _stretch(part[:, 0:2], frames, TIME_MASK)[:, :, None]
        over_bands = _stretch(part[:, 2:4], mels, BAND_MASK)[:, None, :]
        blank = blank | over_time | over_bands
    return torch.where(blank, features.mean((1, 2), keepdim=True), features)


def _stretch(chance: torch.Tensor, length: int, widest: float) -> torch.Tensor:
    """(B, length) bool: a random stretch of up to `widest` of the length in each row."""
    width = chance[:, :1] * math.floor(widest * length)
    start = chance[:, 1:] * (length - width)
    position = torch.arange(length, device=chance.device)
    return (position >= start) & (position < start + width)
