"""Seconds of training until a speech network answers 93.9 % of the official 12-class test set right."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks import machine
from benchmarks.results import Figure, Findings, Options
from core import demos, settings
from core.contract import Evaluated, Placement, Split
from core.demos.voice.learner import make_learner
from core.training import engine, placement
from release import voice, voice_measures
from release import voice_data as packed

TITLE = "Voice: time to accuracy"
GOAL = 93.9  # %
METHOD = (
    f"Seconds of training steps until {GOAL} % of the 4,890 clips of the official 12-class test set are answered "
    "right: the release recipe planned for a few epochs, its weights averaged over fewer steps, the test set "
    "asked twice an epoch (which is not counted, and stops the clock but chooses nothing). Loading is not in it."
)
REPEATS, EPOCHS = 3, 5
AVERAGING = 0.99  # the release model's 0.999 looks back over more than so short a training


def measure(options: Options) -> Findings:
    """One training a seed; the data folder holds the packed speech of `release/voice_data.py`."""
    machine.limit(options.threads)
    data = settings.data_folder()
    arrays = voice.prepared(data, Path(settings.home()) / "release_voice")
    waves, labels = voice_measures.test_clips(data, voice.CLASSES)
    test = Split(torch.from_numpy(packed.features_of(waves)), torch.from_numpy(labels), "test clips")
    device = placement.device_for("auto")
    where = Placement(device=device, threads=options.threads, channels_last=True)
    seeds = list(range(options.repeats or REPEATS))
    reached = [_until(GOAL, arrays, test, where, seed=seed) for seed in seeds]
    return Findings(
        [
            Figure(f"Training until {GOAL} %", [seconds for seconds, _, _ in reached], "s", digits=0),
            Figure("Epochs", [epochs for _, epochs, _ in reached], "", digits=0),
            Figure("Test accuracy then", [accuracy for _, _, accuracy in reached], "%", digits=2),
        ],
        seeds,
        [f"{options.threads} threads, {EPOCHS} epochs planned."],
    )


def _until(
    goal: float, arrays: dict[str, np.ndarray], test: Split, where: Placement, *, seed: int
) -> tuple[float, float, float]:
    """Seconds of steps, epochs and test accuracy at the first evaluation that reaches the goal."""
    config = replace(voice.release_training(epochs=EPOCHS, seed=seed), averaging=AVERAGING)
    data = engine.on_device(voice.dataset(arrays, seed=seed), where.device)
    placement.apply(where)
    learner = make_learner(config, where)
    asked = Split(test.inputs.to(where.device), test.targets.to(where.device), test.name)
    for event in engine.train(demos.training("voice"), config, data, learner=learner):
        if isinstance(event, Evaluated):
            accuracy = learner.evaluate(asked)["accuracy"]
            if accuracy >= goal:
                assert event.trained_seconds is not None
                return event.trained_seconds, event.epoch, accuracy
    raise RuntimeError(f"{EPOCHS} epochs reached only {accuracy:.2f} %")
