"""The peer: the DCGAN of pytorch/examples, written anew from the facts about it, for 28×28 pictures of an asked class.

As in the example: 100 latent numbers, 64 filters next to the picture and twice as many before them, transposed
convolutions 4×4 with batch normalisation and ReLU, tanh at the end; a discriminator of convolutions 4×4 with batch
normalisation after all but the first and LeakyReLU 0.2; no biases; weights drawn with deviation 0.02; batches of 64;
Adam with rate 0.0002 and β (0.5, 0.999); binary cross-entropy, first on a real, then on a generated batch, then for the
generator; samples drawn in training mode. The example has 64×64 pixels and five layers; 28×28 needs only the three next
to the picture, which makes it 15 times cheaper. The example knows no classes; here a vector of 10 numbers for the class
stands beside the latent ones, and a plane of one number for each pixel beside the picture (Mirza and Osindero 2014,
arXiv:1411.1784).

Source: https://github.com/pytorch/examples/blob/main/dcgan/main.py. None of its code is here.
"""

import torch
import torch.nn.functional as F
from torch import nn

LATENT, FILTERS, BATCH, NUM_CLASSES, SIDE = 100, 64, 64, 10, 28
RATE, BETAS, DEVIATION = 2e-4, (0.5, 0.999), 0.02


class Generator(nn.Module):
    """Latents (B, 100) and labels (B,) → pictures (B, 1, 28, 28) in [-1, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.classes = nn.Embedding(NUM_CLASSES, NUM_CLASSES)
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(LATENT + NUM_CLASSES, 2 * FILTERS, 7, bias=False),
            nn.BatchNorm2d(2 * FILTERS),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * FILTERS, FILTERS, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(FILTERS),
            nn.ReLU(),
            nn.ConvTranspose2d(FILTERS, 1, 4, stride=2, padding=1, bias=False),
            nn.Tanh(),
        )

    def forward(self, latents: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        given = torch.cat([latents, self.classes(labels)], dim=1)
        pictures: torch.Tensor = self.layers(given[:, :, None, None])
        return pictures


class Discriminator(nn.Module):
    """Pictures (B, 1, 28, 28) in [-1, 1] and labels (B,) → logits (B,), high for real."""

    def __init__(self) -> None:
        super().__init__()
        self.classes = nn.Embedding(NUM_CLASSES, SIDE * SIDE)
        self.layers = nn.Sequential(
            nn.Conv2d(2, FILTERS, 4, stride=2, padding=1, bias=False),
            nn.LeakyReLU(0.2),
            nn.Conv2d(FILTERS, 2 * FILTERS, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(2 * FILTERS),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * FILTERS, 1, 7, bias=False),
            nn.Flatten(0),
        )

    def forward(self, pictures: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        plane = self.classes(labels).view(-1, 1, SIDE, SIDE)
        logits: torch.Tensor = self.layers(torch.cat([pictures, plane], dim=1))
        return logits


class Dcgan:
    """Both networks with their optimizers."""

    def __init__(self, *, seed: int, device: str) -> None:
        torch.manual_seed(seed)
        self.generator, self.discriminator = Generator().to(device), Discriminator().to(device)
        for network in (self.generator, self.discriminator):
            network.apply(_begin)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=RATE, betas=BETAS)
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=RATE, betas=BETAS)

    def step(self, real: torch.Tensor, labels: torch.Tensor) -> None:
        """One update of each with pictures (B, 1, 28, 28) in [-1, 1] and their labels (B,)."""
        self.discriminator_optimizer.zero_grad()
        _loss(self.discriminator(real, labels), is_real=True).backward()
        generated = self.generator(torch.randn(len(labels), LATENT, device=labels.device), labels)
        _loss(self.discriminator(generated.detach(), labels), is_real=False).backward()
        self.discriminator_optimizer.step()
        self.generator_optimizer.zero_grad()
        _loss(self.discriminator(generated, labels), is_real=True).backward()
        self.generator_optimizer.step()

    @torch.no_grad()
    def drawn(self, latents: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Pictures (B, 1, 28, 28) in [0, 1]."""
        pictures: torch.Tensor = (self.generator(latents, labels) + 1) / 2
        return pictures


def _begin(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, DEVIATION)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, DEVIATION)


def _loss(logits: torch.Tensor, *, is_real: bool) -> torch.Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(is_real)))
