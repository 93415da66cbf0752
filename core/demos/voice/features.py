"""From sound to log-mel features: the front end of every voice network. Recording and decoding are in core.data."""

import math
from functools import cache

import torch
from torchaudio.transforms import MelSpectrogram

SAMPLE_RATE = 16_000  # Hz
WINDOW = 16_000  # samples that a network hears at once: 1 s
FRAME_LENGTH = 480  # 30 ms
HOP_LENGTH = 160  # 10 ms
FFT_LENGTH = 512
HIGHEST_FREQUENCY = 4000.0  # Hz
FLOOR = 1e-6  # added to the power before the logarithm
SILENCE_FEATURE = math.log(FLOOR)  # of every band where there is no sound
NUM_FRAMES = (WINDOW - FRAME_LENGTH) // HOP_LENGTH + 1  # 98 in a window


def band_centres(num_mels: int) -> tuple[float, ...]:
    """Where each mel band is most sensitive, in Hz, ascending (HTK scale)."""
    top = 2595 * math.log10(1 + HIGHEST_FREQUENCY / 700)
    return tuple(700 * (10 ** (top * band / (num_mels + 1) / 2595) - 1) for band in range(1, num_mels + 1))


@cache
def _mel_spectrogram(num_mels: int, device: str) -> MelSpectrogram:
    return MelSpectrogram(
        sample_rate=SAMPLE_RATE,
        n_fft=FFT_LENGTH,
        win_length=FRAME_LENGTH,  # a periodic Hann window
        hop_length=HOP_LENGTH,
        pad=(FFT_LENGTH - FRAME_LENGTH) // 2,  # torchaudio centres the window in the FFT: the first frame starts at 0
        f_max=HIGHEST_FREQUENCY,
        n_mels=num_mels,
        center=False,
    ).to(device)


@torch.no_grad()
def log_mel(waves: torch.Tensor, *, num_mels: int) -> torch.Tensor:
    """Logarithm of the power in mel bands: 30 ms Hann windows every 10 ms, 0 to 4000 Hz, HTK scale, ln(power + 1e-6).

    Args:
        waves: (B, samples) float32 in [-1, 1], 16 kHz, at least 480 samples.
        num_mels: number of bands.

    Returns:
        (B, frames, num_mels) float32; 98 frames for one second, from about -13.8 (nothing) to about 9.
    """
    power = _mel_spectrogram(num_mels, str(waves.device))(waves)  # (B, mels, frames)
    return (power + FLOOR).log().transpose(1, 2).contiguous()


def log_mel_of_samples(samples: torch.Tensor, *, num_mels: int) -> torch.Tensor:
    """The same from 16-bit samples, (B, samples) int16."""
    return log_mel(samples.float() / 32768, num_mels=num_mels)
