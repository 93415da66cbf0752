"""Train the gate of the Digits demo, which tells what is no digit, and write `weights/digit-gate/`.

    bash release/gate_sources.sh DATA                 # once: fonts, strokes and photos, from package registries
    python -m release.gate [--epochs 8] [--finish 8] [--seed 0] [--out FOLDER] [--record]
    python -m release.gate --measure [--record]

Needs the full MNIST and Fashion-MNIST in the data folder besides (see docs/settings.md). Pictures take about five
minutes to make and are kept in its folder gate/made. The network learns to tell ten digits, 18 letters and eight other
kinds of pictures apart: outlier exposure (Hendrycks, Mazeika and Dietterich 2019) with names for the outliers. What it
is asked later is only how probable the digits are together. The threshold is the highest that loses at most 1 % of each
set of digits kept for that; every figure is of other pictures.
"""

import argparse
import json
import platform
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from benchmarks import machine
from core.demos.digits.config import GATE
from core.demos.digits.gate import DigitGate, gate_network, read_gate
from core.release import ReleaseModel
from core.training.augmentation import LIGHT, NUM_CHANCES, STRONG, warp
from release import record
from release.gate_data import CHOOSING, CLASSES, KEPT_DIGITS, KEPT_OTHERS, LEARNED, Images, pictures
from release.weights import save_weights

LOST = 0.01  # of the digits
WIDTH = 16
BATCH = 256
RATE, FINISHING_RATE = 5e-3, 2e-3  # the highest of the one cycle
SHARES = {"digits": 0.5, "letters": 0.3}  # of an epoch; the rest are other kinds
EPOCH = 150_000  # pictures

Parts = dict[str, tuple[torch.Tensor, torch.Tensor]]  # images (N, 28, 28) uint8 and classes (N,) int64


def learned() -> Parts:
    """Images (N, 28, 28) uint8 and classes (N,) int64 of digits, letters and others."""
    parts: dict[str, list[tuple[Images, list[int]]]] = {"digits": [], "letters": [], "others": []}
    for name, (part, make) in LEARNED.items():
        images, names, _ = pictures(name, make)
        parts[part].append((images, [CLASSES.index(one) for one in names.tolist()]))
    return {
        part: (
            torch.from_numpy(np.concatenate([i for i, _ in found])),
            torch.tensor([c for _, cs in found for c in cs]),
        )
        for part, found in parts.items()
    }


def batches(data: Parts, generator: torch.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """An epoch: so many of each part, drawn anew."""
    shares = {**SHARES, "others": 1 - sum(SHARES.values())}
    counts = {part: round(share * BATCH) for part, share in shares.items()}
    orders = {part: torch.randperm(len(data[part][0]), generator=generator) for part in counts}
    for step in range(EPOCH // BATCH):
        chosen = {
            part: orders[part][torch.arange(step * n, (step + 1) * n) % len(orders[part])] for part, n in counts.items()
        }
        yield tuple(torch.cat([data[part][k][chosen[part]] for part in counts]) for k in (0, 1))


def train(network: nn.Module, data: Parts, *, epochs: int, rate: float, seed: int) -> nn.Module:
    """The averaged network after the last epoch."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    steps = epochs * (EPOCH // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.998), use_buffers=True)
    start = time.time()
    for epoch in range(epochs):
        amount = STRONG if epoch < epochs - 2 else LIGHT
        losses = []
        for images, classes in batches(data, generator):
            inputs = warp(
                images.unsqueeze(1).float() / 255, torch.rand(len(images), NUM_CHANCES, generator=generator), amount
            )
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(inputs.to(memory_format=torch.channels_last))
            loss = nn.functional.cross_entropy(logits.float(), classes, label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update_parameters(network)
            losses.append(loss.detach())
        print(f"epoch {epoch + 1}  loss {torch.stack(losses).mean():.3f}  {time.time() - start:.0f} s", flush=True)
    return average.module


def write(folder: Path, network: nn.Module, configs: dict[str, object], minutes: float, threads: int) -> None:
    """Half-precision weights, and how they came about."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = save_weights(folder / "model.safetensors", network.state_dict())
    card = {
        **configs,
        "width": WIDTH,
        "classes": CLASSES,
        "trained_on": (
            "digits of MNIST, Pen-Digits, fonts and a generator; letters, signs, drawings, clothes, noise, scribbles, "
            "photos"
        ),
        **kept,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "minutes": round(minutes, 1),
        "machine": f"{platform.machine()}, {threads} threads, PyTorch {torch.__version__}",
        "threshold": 0.5,
        "figures": [],
    }
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n")


def measure(folder: Path) -> None:
    """Choose the threshold, then count on kept pictures; both with the written file itself, into `model.json`."""
    gate = read_gate(ReleaseModel(folder))
    card = json.loads((folder / "model.json").read_text())
    thresholds = {}
    for name, make in CHOOSING.items():
        thresholds[name] = float(np.quantile(_likeness(gate, pictures(name, make)[0]), LOST))
    print(thresholds)
    threshold = card["threshold"] = round(min(thresholds.values()), 4)
    card["figures"] = []
    for name, (words, maker) in KEPT_DIGITS.items():
        likeness = _likeness(gate, pictures(name, maker)[0])
        lost = 100 * float((likeness < threshold).mean())
        card["figures"].append({"set": f"{len(likeness):,} {words}", "examples": len(likeness), "lost": round(lost, 2)})
    for name, (words, maker) in KEPT_OTHERS.items():
        images, _, refused = pictures(f"kept-{name}" if not name.startswith("kept") else name, maker)
        rejected = int((_likeness(gate, images) < threshold).sum())
        num = len(images) + refused
        card["figures"].append(
            {"set": f"{num:,} {words}", "examples": num, "rejected": round(100 * (rejected + refused) / num, 2)}
        )
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card["figures"], indent=2))


def _likeness(gate: DigitGate, images: Images) -> npt.NDArray[np.float32]:
    return gate.likeness(images.astype(np.float32) / 255)


def train_and_write(options: argparse.Namespace) -> None:
    """Both parts of the training, the second at a lower rate; each writes its weights."""
    torch.set_num_threads(options.threads)
    data = learned()
    print({part: len(images) for part, (images, _) in data.items()}, flush=True)
    network = gate_network(len(CLASSES), width=WIDTH)
    if options.epochs:
        start, config = time.time(), {"epochs": options.epochs, "seed": options.seed}
        network = train(network, data, **config, rate=RATE)
        write(options.out, network, {"config": config}, (time.time() - start) / 60, options.threads)
    if options.finish:
        release = ReleaseModel(options.out)
        start, config = time.time(), {"epochs": options.finish, "seed": options.seed + 100}
        network.load_state_dict(release.weights())
        network = train(network, data, **config, rate=FINISHING_RATE)
        configs, minutes = {"config": release.card["config"], "finish": config}, release.card["minutes"]
        write(options.out, network, configs, minutes + (time.time() - start) / 60, options.threads)


def main() -> None:
    """Make what is missing, train, write, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=8, help="0: only go on with the weights that are there")
    parser.add_argument("--finish", type=int, default=8, help="more epochs, at a lower rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--measure", action="store_true", help="only measure the weights that are there")
    parser.add_argument("--out", type=Path, default=GATE.folder)
    parser.add_argument("--record", action="store_true", help="add the figures to docs/benchmarks.md")
    options = parser.parse_args()
    load = machine.load()
    if not options.measure:
        train_and_write(options)
    measure(options.out)
    if options.record:
        record.release("gate", json.loads((options.out / "model.json").read_text()), load_before=load)


if __name__ == "__main__":
    main()
