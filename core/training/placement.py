"""How to compute on this machine: device, threads, precision and memory layout, found by measuring a few steps."""

import os
import time
from dataclasses import replace
from statistics import fmean

import torch

from core.contract import Dataset, Placement, Training
from core.errors import InvalidSettingError
from core.knobs import Config
from core.training.engine import Loop, on_device

MEASURED_STEPS = 3
BUDGET_SECONDS = 1.2  # no further candidate is tried after that
STEPS_SECONDS = 0.6  # no further step of a candidate is measured after that
GAIN = 0.8  # of the time with one thread that more of them may take, because a page that is watched needs a core too


def device_for(wanted: str) -> str:
    """Device for a knob's "auto", "cpu" or "cuda".

    Raises:
        InvalidSettingError: "cuda" on a machine without a usable graphics card.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise InvalidSettingError("Device is “cuda”, but PyTorch finds no graphics card here. Choose “auto” or “cpu”.")
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return wanted


def has_bfloat16_units() -> bool:
    """Whether this processor multiplies bfloat16 in hardware; elsewhere bfloat16 is many times slower than float32."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def in_words(placement: Placement) -> str:
    """What was chosen, in a sentence for people."""
    where = "the graphics card" if placement.device == "cuda" else f"{placement.threads} processor thread"
    where += "s" if placement.device == "cpu" and placement.threads > 1 else ""
    layout = "channels-last" if placement.channels_last else "standard"
    return f"{where}, {placement.precision}, {layout} memory layout"


def apply(placement: Placement) -> None:
    """Set what belongs to the whole process: the number of threads."""
    torch.set_num_threads(placement.threads)


def measure(task: Training, config: Config, dataset: Dataset) -> Placement:
    """The fastest placement of a few candidates, by the seconds of a few real steps.

    One dimension after the other: all threads against one, whatever it takes, because a large network gains most from
    them and a busy machine suffers least from one; then, within the budget, memory layout and bfloat16 where the
    processor has units for it.
    """
    device = device_for(getattr(config, "device", "auto"))
    if device == "cuda":
        mixed = torch.cuda.is_bf16_supported()
        return Placement(device="cuda", threads=1, precision="bfloat16" if mixed else "float32", channels_last=True)
    threads = max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    best = Placement()
    changes: list[dict[str, object]] = [{"threads": threads}] if threads > 1 else []
    changes.append({"channels_last": True})
    if has_bfloat16_units():
        changes.append({"precision": "bfloat16"})
    start = time.perf_counter()
    best_seconds = seconds_per_step(task, config, dataset, best)
    for change in changes:
        if "threads" not in change and time.perf_counter() - start > BUDGET_SECONDS:
            break
        candidate = replace(best, **change)  # type: ignore[arg-type]
        seconds = seconds_per_step(task, config, dataset, candidate)
        if "threads" in change and seconds < best_seconds * GAIN:
            # One thread came first, while the page that was clicked on was drawn: it gets a second chance.
            best_seconds = min(best_seconds, seconds_per_step(task, config, dataset, best))
        if seconds < best_seconds * (GAIN if "threads" in change else 1):
            best, best_seconds = candidate, seconds
    return best


def seconds_per_step(task: Training, config: Config, dataset: Dataset, placement: Placement) -> float:
    """Mean seconds of a few training steps after one to warm up, with a learner made for it; of long steps fewer."""
    apply(placement)
    loop = Loop(task, config, on_device(dataset, placement.device), task.learner(config, placement), (config.epochs,))

    def timed_step() -> float:
        start = time.perf_counter()
        loop.step = 0
        loop.advance()
        return time.perf_counter() - start

    seconds = [timed_step()]
    while len(seconds) <= MEASURED_STEPS and sum(seconds) < STEPS_SECONDS:
        seconds.append(timed_step())
    return fmean(seconds[1:] or seconds)  # the mean: a busy core must count
