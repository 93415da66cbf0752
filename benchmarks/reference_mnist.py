"""The peer: the MNIST example of pytorch/examples with its defaults, written anew from the facts about it.

Network conv 1-32-64 (3×3), maximum 2×2, dropout 0.25, 9216-128, dropout 0.5, 128-10, log-softmax; negative
log-likelihood; Adadelta with learning rate 1.0, times 0.7 after each epoch; 14 epochs of batches of 64; a test of all
test images in batches of 1,000 after each epoch; the loss read every 10 steps. Its loader makes each image a PIL
picture, a tensor in [0, 1] and a standardised tensor, one by one in the training process; without a graphics card it
does not shuffle.

Source: https://github.com/pytorch/examples/blob/main/mnist/main.py, and the dataset and transforms of torchvision that
it uses. None of their code is here.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset

from core.data import registry
from core.data.pictures.idx import IdxFiles

EPOCHS, BATCH, TEST_BATCH, LOG_EVERY = 14, 64, 1000, 10
NUM_TRAIN = 60_000
STEPS = -(-NUM_TRAIN // BATCH)  # an epoch
MEAN, STD = (0.1307,), (0.3081,)

Item = tuple[torch.Tensor, int]


class Network(nn.Module):
    """(B, 1, 28, 28) standardised images → (B, 10) log-probabilities; 1,199,882 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)
        )
        self.classifier = nn.Sequential(nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Log-probabilities of the ten classes."""
        return F.log_softmax(self.classifier(self.features(images).flatten(1)), dim=1)


class Pictures(Dataset[Item]):
    """Images (N, 28, 28) uint8 and labels, decoded one by one as the example's loader does."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels = torch.from_numpy(images.copy()), torch.from_numpy(labels.astype("int64"))

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Item:
        picture = Image.fromarray(self.images[index].numpy())
        pixels = torch.from_numpy(np.array(picture, np.uint8, copy=True)).view(picture.size[1], picture.size[0], 1)
        scaled = pixels.permute(2, 0, 1).contiguous().to(torch.float32).div(255)
        mean, std = (torch.as_tensor(numbers).view(-1, 1, 1) for numbers in (MEAN, STD))
        return scaled.clone().sub_(mean).div_(std), int(self.labels[index])


@dataclass(frozen=True)
class Epoch:
    """One epoch, or the first part of one."""

    fraction: float  # of an epoch's training steps that were done
    train_seconds: float
    test_seconds: float
    accuracy: float  # percent of the 10,000 test images

    @property
    def seconds(self) -> float:
        """Of a whole epoch with its test, at the speed of this one."""
        return self.train_seconds / self.fraction + self.test_seconds


def loaders(device: str) -> tuple[DataLoader[Item], DataLoader[Item]]:
    """The example's loaders for training and test; with a graphics card a process of their own, and in random order."""
    mnist = registry.find("mnist")
    assert isinstance(mnist.origin, IdxFiles)
    arrays = mnist.origin.read(mnist.place())
    train, test = Pictures(*arrays[:2]), Pictures(*arrays[2:])
    beside = {"num_workers": 1, "pin_memory": True, "shuffle": True} if device == "cuda" else {}
    return DataLoader(train, batch_size=BATCH, **beside), DataLoader(test, batch_size=TEST_BATCH, **beside)


def run(*, seed: int, epochs: int = EPOCHS, steps: int = STEPS, device: str = "cpu") -> Iterator[Epoch]:
    """Train as the example does, and tell each epoch.

    Args:
        epochs: how many.
        steps: of each epoch; fewer than all of them measure speed, not accuracy.
    """
    torch.manual_seed(seed)
    train, test = loaders(device)
    network = Network().to(device)
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    for _ in range(epochs):
        start = time.perf_counter()
        _train(network, train, optimizer, steps=steps, device=device)
        trained = time.perf_counter()
        accuracy = _tested(network, test, device=device)
        yield Epoch(steps / STEPS, trained - start, time.perf_counter() - trained, accuracy)
        schedule.step()


def _train(
    network: nn.Module, loader: DataLoader[Item], optimizer: torch.optim.Optimizer, *, steps: int, device: str
) -> None:
    network.train()
    for step, (images, targets) in enumerate(islice(loader, steps)):
        optimizer.zero_grad()
        loss = F.nll_loss(network(images.to(device)), targets.to(device))
        loss.backward()
        optimizer.step()
        if step % LOG_EVERY == 0:
            loss.item()


@torch.no_grad()
def _tested(network: nn.Module, loader: DataLoader[Item], *, device: str) -> float:
    network.eval()
    right, total = 0, 0
    for images, targets in loader:
        log_probabilities = network(images.to(device))
        F.nll_loss(log_probabilities, targets.to(device), reduction="sum").item()
        right += int((log_probabilities.argmax(1) == targets.to(device)).sum().item())
        total += len(targets)
    return 100 * right / total
