"""The two networks of the Generator demo. They know numbers, pictures and classes; no data, losses or optimizers."""

import torch
import torch.nn.functional as F
from torch import nn

IMAGE_SIDE = 28
CLASS_SIZE = 16  # numbers that stand for a class beside the latent vector


class Generator(nn.Module):
    """A latent vector and a class → a picture: linear to 7×7, then two blocks that double the side.

    Args:
        latent: size of the latent vector.
        num_classes: 0 for a network that is told none.
        width: filters before the last layer; three times as many at 7×7, twice at 14×14.
    """

    def __init__(self, *, latent: int, num_classes: int, width: int) -> None:
        super().__init__()
        self.latent, self.num_classes = latent, num_classes
        self.classes = nn.Embedding(num_classes, CLASS_SIZE) if num_classes else None
        size = latent + (CLASS_SIZE if num_classes else 0)
        wide, middle, narrow = 3 * width // 2, width, width // 2
        self.seed = nn.Sequential(
            nn.Linear(size, wide * 7 * 7, bias=False),
            nn.Unflatten(1, (wide, 7, 7)),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
        )
        self.first_up = _up(wide, middle)
        self.second_up = _up(middle, narrow)
        self.picture = nn.Sequential(nn.Conv2d(narrow, 1, 3, padding=1), nn.Sigmoid())

    def forward(self, latents: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Latents (B, latent) float32, labels (B,) int64, unused without classes → (B, 1, 28, 28) float32 in [0, 1]."""
        return self.paint(self.start(latents, labels))

    def start(self, latents: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """What enters the first layer: the latent vector, with the numbers of the class behind it."""
        return latents if self.classes is None else torch.cat([latents, self.classes(labels)], dim=1)

    def paint(self, start: torch.Tensor) -> torch.Tensor:
        """(B, …) out of `start`, or between two such → (B, 1, 28, 28) float32 in [0, 1]."""
        return self.picture(self.second_up(self.first_up(self.seed(start))))


def _up(channels: int, filters: int) -> nn.Module:
    return nn.Sequential(
        nn.ConvTranspose2d(channels, filters, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()
    )


class Discriminator(nn.Module):
    """A picture and a class → a score, high for real. No normalisation, which would mix the examples of a batch.

    The class enters as a projection (Miyato and Koyama 2018, arXiv:1802.05637): its vector's product with what the
    convolutions have found is added to the score.
    """

    def __init__(self, *, num_classes: int, width: int) -> None:
        super().__init__()
        self.found = nn.Sequential(
            nn.Conv2d(1, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
        )
        size = 4 * width * 4 * 4
        self.score = nn.Linear(size, 1)
        self.classes = nn.Embedding(num_classes, size) if num_classes else None
        if self.classes is not None:
            nn.init.normal_(self.classes.weight, std=size**-0.5)

    def forward(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """(B, 1, 28, 28) float32 in [0, 1] and (B,) int64 → (B,) scores; labels count only if it has classes."""
        found = self.found(2 * images - 1)
        score = self.score(found).squeeze(1)
        return score if self.classes is None else score + (self.classes(labels) * found).sum(1)


def shifted(images: torch.Tensor, *, furthest: int = 3) -> torch.Tensor:
    """Each of (B, 1, H, W) moved on its own by up to so many pixels in both directions, zero outside."""
    size, side = len(images), images.shape[-1]
    corner = torch.randint(0, 2 * furthest + 1, (2, size, 1), device=images.device)
    index = corner + torch.arange(side, device=images.device)
    padded = F.pad(images, (furthest,) * 4)
    examples = torch.arange(size, device=images.device)[:, None, None]
    return padded[examples, 0, index[0][:, :, None], index[1][:, None, :]].unsqueeze(1)


def cut(images: torch.Tensor, *, side: int = 9) -> torch.Tensor:
    """A square of each of (B, 1, H, W) set to zero, at a place of its own."""
    centre = torch.randint(0, images.shape[-1], (2, len(images), 1), device=images.device)
    near = (torch.arange(images.shape[-1], device=images.device) - centre).abs() <= side // 2
    return images * ~(near[0][:, None, :, None] & near[1][:, None, None, :])
