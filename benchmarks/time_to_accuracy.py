"""Time to the accuracy that the MNIST example of pytorch/examples ends with, beside that example itself."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

import torch

from benchmarks import cold_run, machine, reference_mnist, results
from benchmarks.results import Figure, Findings, Options
from core import demos
from core.contract import Ended, Placement
from core.demos.digits.config import DigitsConfig
from core.training import engine, placement

TITLE = "Time to accuracy"
METHOD = (
    "Seconds until a network answers as many of the 10,000 MNIST test images as the MNIST example of pytorch/examples "
    "does after its 14 epochs (`benchmarks/reference_mnist.py`: its network, optimizer, schedule and loader, from the "
    "facts). Both in one process, on the same cores, in turns. Steady: the engine in a process that has imported "
    "everything and holds the data, with all evaluations that it makes. Cold: from the click on Start, that is from "
    "creating the run, with no worker waiting, to the completed run with its test accuracy in the run store. The "
    "settings were chosen on validation images; no epoch is picked, the last one counts."
)
PEER_TITLE = "The peer of time to accuracy, trained in full"
PEER_METHOD = (
    "The MNIST example of pytorch/examples with its defaults, written anew from the facts about it "
    "(`benchmarks/reference_mnist.py`), from the first step to the end of its 14 epochs and 14 tests."
)
REPEATS, TIMED_STEPS = 3, 60  # of the 938 steps of an epoch


def config(seed: int) -> DigitsConfig:
    """The settings that are timed."""
    return DigitsConfig(
        seed=seed,
        epochs=2,
        network="cnn",
        depth=2,
        width=16,
        kernel=3,
        data="mnist",
        optimizer="adam",
        learning_rate=1e-2,
        schedule="one_cycle",
        batch_size=128,
        label_smoothing=0.1,
        dropout=0.0,
        augmentation="none",
    )


def measure(options: Options) -> Findings:
    """Both in turns; seeds from 0 on."""
    machine.limit(options.threads)
    device = placement.device_for("auto")
    seeds = list(range(options.repeats or REPEATS))
    if options.reference_epochs:
        _train_peer(options, seeds=seeds, device=device)
    _steady(options.threads, device, replace(config(0), epochs=1, share=5.0))  # warms up
    epochs, steady, cold = [], [], []
    for seed in seeds:
        epochs.append(next(reference_mnist.run(seed=seed, epochs=1, steps=TIMED_STEPS, device=device)).seconds)
        steady.append(_steady(options.threads, device, config(seed)))
        cold.append(cold_run.measure("digits", config(seed)))
    peer = [reference_mnist.EPOCHS * seconds for seconds in epochs]
    return Findings(
        [
            Figure("Glassbox: test accuracy", [accuracy for _, accuracy in steady], "%", digits=2),
            Figure("Glassbox, steady", [seconds for seconds, _ in steady], "s"),
            Figure("Glassbox, cold", [seconds for seconds, _ in cold], "s"),
            Figure("Peer: an epoch with its test", epochs, "s"),
            Figure("Peer: 14 epochs at that speed", peer, "s", digits=0),
            Figure("Times faster, steady", _ratios(peer, steady), "", "at least 20, better 100"),
            Figure("Times faster, cold", _ratios(peer, cold), ""),
        ],
        seeds,
        [_remark(options), _goal([accuracy for _, accuracy in steady])],
    )


def _ratios(peer: list[float], ours: Sequence[tuple[float, object]]) -> list[float]:
    return [slow / fast for slow, (fast, _) in zip(peer, ours, strict=True)]


def _steady(threads: int, device: str, chosen: DigitsConfig) -> tuple[float, float]:
    """Seconds of a training with its test, and the test accuracy in percent; loading the data is not in it."""
    task = demos.training("digits")
    where = Placement(device=device, threads=threads, channels_last=True)
    if device == "cuda" and torch.cuda.is_bf16_supported():
        where = replace(where, precision="bfloat16")
    dataset = engine.on_device(task.load(chosen), device)
    start = time.perf_counter()
    for event in engine.train(task, chosen, dataset, learner=task.learner(chosen, where)):
        if isinstance(event, Ended):
            return time.perf_counter() - start, event.metrics["accuracy"]
    raise AssertionError("the engine's last event is Ended")


def _train_peer(options: Options, *, seeds: list[int], device: str) -> None:
    """Train the peer in full, seed by seed, and keep what came out in a file of its own after each."""
    load = machine.load()
    accuracies, seconds = [], []
    for seed in seeds:
        epochs = list(reference_mnist.run(seed=seed, epochs=options.reference_epochs, device=device))
        accuracies.append(epochs[-1].accuracy)
        seconds.append(sum(epoch.seconds for epoch in epochs))
        figures = [
            Figure(f"Test accuracy after {len(epochs)} epochs", tuple(accuracies), "%", digits=2),
            Figure(f"Training and testing, {len(epochs)} epochs", tuple(seconds), "s", digits=0),
        ]
        findings = Findings(figures, seeds[: len(accuracies)], [f"{options.threads} threads."])
        results.save(
            results.result("reference_mnist", findings, title=PEER_TITLE, method=PEER_METHOD, load_before=load)
        )


def _remark(options: Options) -> str:
    share = 100 * TIMED_STEPS / reference_mnist.STEPS
    return (
        f"{options.threads} threads each. The peer's epoch is computed from {TIMED_STEPS} of its "
        f"{reference_mnist.STEPS} training steps ({share:.0f} %) and one whole test."
    )


def _goal(accuracies: list[float]) -> str:
    """Which accuracy had to be reached, and whether it was."""
    mean = statistics.fmean(accuracies)
    kept = results.read().get("reference_mnist")
    if kept is None:
        return (
            f"The peer's own accuracy was not measured on this machine (`--reference-epochs 14` does); 99.185 % is "
            f"reported by github.com/tuomaso/train_mnist_fast. Ours: {mean:.2f} % as a mean."
        )
    goal, epochs = statistics.fmean(kept.figures[0].values), kept.figures[0].label
    return f"To be reached: the peer's {goal:.2f} % ({epochs.lower()}, below). Ours: {mean:.2f} % as a mean."
