"""Clips a second in training a speech network, beside a loop that prepares one clip after the other."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from benchmarks import machine
from benchmarks.results import Figure, Findings, Options
from core import demos
from core.contract import Batch, Dataset, Placement, Progress, Split
from core.data.sound import audio
from core.demos.voice.augmentation import BAND_MASK, LOUDEST_NOISE, QUIETEST_NOISE, TIME_MASK
from core.demos.voice.config import VoiceConfig
from core.demos.voice.features import NUM_FRAMES, log_mel
from core.demos.voice.learner import features_of
from core.training.engine import Loop
from release.voice import release_training

TITLE = "Voice: clips a second in training"
METHOD = (
    "The network, batch size and augmentation of the release recipe on clips of noise, in one process and turn by "
    "turn. Glassbox: steps of the engine; features were computed once, and shift, speed, gain, noise and masks are "
    "applied to a whole batch of them. Per clip: the way of most examples of speech commands with PyTorch; each clip "
    "is shifted, resampled, mixed with noise and made louder or softer as sound, then its log-mel features are "
    "computed and masked (torchaudio), one clip after the other, and a batch of them takes the same training step."
)
REPEATS, STEPS, NUM_CLIPS = 3, 6, 512


def measure(options: Options) -> Findings:
    """Both in turns; seeds from 0 on."""
    machine.limit(options.threads)
    clips = np.random.RandomState(0).normal(0, 3000, (NUM_CLIPS, audio.WINDOW)).astype(np.int16)
    seeds = range(options.repeats or REPEATS)
    ours, peer = [], []
    for seed in seeds:
        config = release_training(epochs=1, seed=seed)
        where = Placement(threads=options.threads, channels_last=True)
        ours.append(_clips_a_second(_batched(config, where, clips), config.batch_size))
        peer.append(_clips_a_second(_one_by_one(config, where, clips), config.batch_size))
    ratios = [fast / slow for fast, slow in zip(ours, peer, strict=True)]
    return Findings(
        [
            Figure("Glassbox", ours, "clips/s", digits=0),
            Figure("Per-clip loop", peer, "clips/s", digits=0),
            Figure("Times faster", ratios, ""),
        ],
        list(seeds),
        [f"{options.threads} threads each. Each value is of {STEPS} steps after one to warm up."],
    )


def _clips_a_second(step: Callable[[], None], batch_size: int) -> float:
    step()
    start = time.perf_counter()
    for _ in range(STEPS):
        step()
    return STEPS * batch_size / (time.perf_counter() - start)


def _batched(config: VoiceConfig, where: Placement, clips: np.ndarray) -> Callable[[], None]:
    """A step of the engine."""
    task = demos.training("voice")
    labels = torch.arange(len(clips)) % 12
    split = Split(features_of(clips, num_mels=config.num_mels), labels, "clips of noise")
    loop = Loop(task, config, Dataset(split, split, split), task.learner(config, where), (config.epochs,))
    return loop.advance


def _one_by_one(config: VoiceConfig, where: Placement, clips: np.ndarray) -> Callable[[], None]:
    """A step for which each clip is prepared on its own; the network and its update are the same."""
    from torchaudio.transforms import FrequencyMasking, TimeMasking  # after `core`, which lets it be imported

    masks = [TimeMasking(round(TIME_MASK * NUM_FRAMES)), FrequencyMasking(round(BAND_MASK * config.num_mels))] * 2
    unchanged = replace(config, shift=0, noise=0, speed=0, gain=0, masks=False)
    learner = demos.training("voice").learner(unchanged, where)
    random = np.random.default_rng(config.seed)
    labels = torch.arange(config.batch_size) % 12
    progress = Progress(step=0, steps_per_epoch=100, phases=(1,))

    def step() -> None:
        chosen = random.integers(len(clips), size=config.batch_size)
        features = torch.stack([_prepared(clips[index], config, random, masks) for index in chosen])
        learner.step(Batch(features, labels, torch.zeros(len(labels), 15)), progress)

    return step


def _prepared(
    clip: np.ndarray, config: VoiceConfig, random: np.random.Generator, masks: list[torch.nn.Module]
) -> torch.Tensor:
    """(98, mels) log-mel of one changed clip."""
    wave = audio.with_speed(audio.from_int16(clip), float((1 + config.speed / 100) ** random.uniform(-1, 1)))
    wave = np.roll(np.pad(wave, (0, max(0, audio.WINDOW - len(wave))))[: audio.WINDOW], random.integers(-1600, 1601))
    if random.uniform() < config.noise / 100:
        ratio = random.uniform(LOUDEST_NOISE, QUIETEST_NOISE)
        wave = audio.with_noise(wave, audio.level(wave) - ratio, seed=int(random.integers(2**31)))
    wave = audio.with_gain(wave, random.uniform(-config.gain, config.gain))
    features = log_mel(torch.from_numpy(wave.astype(np.float32))[None], num_mels=config.num_mels).transpose(1, 2)
    for mask in masks:
        features = mask(features)
    return features[0].T
