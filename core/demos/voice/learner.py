"""Data and learner of the Voice demo: from a config to tensors, a network, its loss and its optimizer."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from core.contract import Dataset, Placement, Split
from core.data import subset
from core.data.sound import own_words, speech
from core.demos.voice.augmentation import Amount, augment
from core.demos.voice.config import RELEASE, VoiceConfig, classes_of, words_of
from core.demos.voice.features import WINDOW, log_mel_of_samples
from core.demos.voice.network import VoiceNetwork
from core.knobs import from_json
from core.training.supervised import Prepare, SupervisedLearner, optimizer_named, trained

BATCH = 500  # clips that become features together
NUM_NOISES = 200  # background noises to choose from
NOISE_SEED = 8_000
REHEARSED = 256  # remembered clips in a step of the answer layer alone


def check(config: VoiceConfig) -> None:
    """Raise what `load` raises where data or recordings are missing or settings do not fit; reads no sound."""
    speech.require(config.data, words_of(config), config.recordings)
    subset.left(config.share, speech.sizes(config.data, words_of(config), config.recordings)[0], unit="clips")


def settle(config: VoiceConfig) -> VoiceConfig:
    """Which recordings of own words there are now: what is recorded or deleted later changes no run."""
    own = speech.own_among(words_of(config)) if config.data == "own_words" else ()
    return replace(config, recordings=own_words.pinned(own) if own else "")


def load(config: VoiceConfig) -> Dataset:
    """Log-mel features (N, 98, mels) float16 with labels (N,) int64.

    Raises:
        DataUnavailableError: the data is not on this machine.
        InvalidSettingError: the share leaves fewer than ten examples, or the data does not have a word.
    """
    data = speech.load(config.data, words_of(config), config.recordings)
    num_mels = shape_of(config).num_mels
    num_examples = subset.left(config.share, len(data.train_waves), unit="clips")
    chosen = np.random.default_rng(0).permutation(len(data.train_waves))[:num_examples]  # they are sorted by word
    chosen.sort()  # in the order of the file that they may be mapped from

    def split(waves: Any, labels: Any, kind: str) -> Split:
        name = f"{len(waves):,} {data.name} {kind} clips"
        return Split(features_of(waves, num_mels=num_mels), torch.from_numpy(labels.astype("int64")), name)

    return Dataset(
        train=split(data.train_waves[chosen], data.train_labels[chosen], "training"),
        validation=split(data.validation_waves, data.validation_labels, "validation"),
        test=split(data.test_waves, data.test_labels, "test"),
        notices=data.notices,
    )


def features_of(waves: Any, *, num_mels: int) -> torch.Tensor:
    """Clips (N, 16000) int16, which may be mapped from a file → (N, 98, mels) float16 log-mel."""
    parts = (torch.from_numpy(np.array(waves[start : start + BATCH])) for start in range(0, len(waves), BATCH))
    return torch.cat([log_mel_of_samples(part, num_mels=num_mels).half() for part in parts])


def pin(samples: Any, config: VoiceConfig) -> list[list[float]]:
    """A recording of one second (16000,) int16 as the learner of a config wants its pinned example."""
    (features,) = features_of(samples[None], num_mels=shape_of(config).num_mels).float().round(decimals=2)
    return features.tolist()


def shape_of(config: VoiceConfig) -> VoiceConfig:
    """The config whose knobs describe the network itself: the release model's own where a run starts from it."""
    return RELEASE.config(VoiceConfig) if config.start == "release" else config


def make_network(config: VoiceConfig) -> VoiceNetwork:
    """The untrained network of a config, (B, 98, mels) float32 → (B, classes) logits."""
    shape = shape_of(config)
    return VoiceNetwork(
        num_mels=shape.num_mels,
        num_classes=len(classes_of(config)),
        front_end=shape.front_end,
        recurrent=shape.recurrent,
        layers=shape.layers,
        hidden_size=shape.hidden_size,
        bidirectional=shape.bidirectional,
        pooling=shape.pooling,
        dropout=config.dropout,
    )


def run_network(config: Mapping[str, Any], learner_state: Mapping[str, Any]) -> VoiceNetwork:
    """The network that answers for a run, in evaluation mode, from its saved config and its learner's state."""
    return trained(make_network(from_json(VoiceConfig, config)[0]), learner_state)


def num_parameters(config: VoiceConfig) -> int:
    """Trained numbers of the network, counted without making them."""
    with torch.device("meta"):
        network = make_network(config)
    if learns_answer_only(config):
        network.freeze_all_but_head()
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def learns_answer_only(config: VoiceConfig) -> bool:
    """Whether all below the answer layer stays as the release model has it."""
    return config.start == "release" and config.learns == "answer"


def make_learner(config: VoiceConfig, placement: Placement, *, noises: torch.Tensor | None = None) -> SupervisedLearner:
    """A fresh learner; its first weights depend only on the seed (or are the release weights).

    Args:
        noises: (N, 98, mels) float32 log-mel of background noise; `background_noises` by default.
    """
    torch.manual_seed(config.seed)
    network = make_network(config)
    if config.start == "release":
        network.load_state_dict(widened(RELEASE.weights(), network.state_dict(), classes_of(config)))
    if learns_answer_only(config):
        network.freeze_all_but_head()
    network = network.to(placement.device)
    if placement.channels_last:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    learned = (parameter for parameter in network.parameters() if parameter.requires_grad)
    parts: dict[str, Any] = {
        "network": network,
        "loss": nn.CrossEntropyLoss(label_smoothing=config.label_smoothing),
        "optimizer": optimizer_named(
            config.optimizer, learned, rate=config.learning_rate, weight_decay=config.weight_decay
        ),
        "prepare": make_prepare(config, placement, noises=noises),
        "schedule": config.schedule,
        "averaging": config.averaging,
        "placement": placement,
    }
    if learns_answer_only(config):
        return RehearsingLearner(**parts, remembered=remembered(classes_of(config), placement.device))
    return SupervisedLearner(**parts)


def widened(
    weights: Mapping[str, torch.Tensor], fresh: Mapping[str, torch.Tensor], classes: tuple[str, ...]
) -> dict[str, torch.Tensor]:
    """Release weights for other classes: rows of the answer layer move to their class's place, new classes stay fresh.

    Args:
        weights: of the release model.
        fresh: of an untrained network with `classes`.
    """
    known = {name: row for row, name in enumerate(RELEASE.card["classes"])}
    adapted = dict(weights)
    for part in ("head.weight", "head.bias"):
        rows = [weights[part][known[name]] if name in known else fresh[part][row] for row, name in enumerate(classes)]
        adapted[part] = torch.stack(rows)
    return adapted


def rehearsal() -> tuple[torch.Tensor, torch.Tensor]:
    """What the release model's last layer saw of clips that it was trained on: (N, width) float32, (N,) int64 classes.

    A training of the answer layer alone repeats them, so that the words they stand for are not forgotten.
    """
    stored = load_file(RELEASE.folder / "rehearsal.safetensors")
    return stored["pooled"].float(), stored["targets"].long()


def remembered(classes: tuple[str, ...], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The rehearsal vectors of the release model with their class among `classes`; a word left out is "unknown"."""
    vectors, targets = rehearsal()
    places = [classes.index(name) if name in classes else len(classes) - 2 for name in RELEASE.card["classes"]]
    return vectors.to(device), torch.tensor(places)[targets].to(device)


class RehearsingLearner(SupervisedLearner):
    """Trains the answer layer alone, and in each step repeats what the release model was trained on.

    Args:
        remembered: (N, width) float32 inputs of the answer layer, (N,) int64 their classes.

    Source: experience replay against forgetting, on the layer's inputs (Pellegrini et al. 2020).
    """

    def __init__(self, *, remembered: tuple[torch.Tensor, torch.Tensor], **parts: Any) -> None:
        super().__init__(**parts)
        self.remembered = remembered

    def _backward(
        self, inputs: torch.Tensor, targets: torch.Tensor, *, weight: float = 1.0
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As it is, and the gradient of what is repeated; the loss that is told is of the batch, as in validation."""
        told = super()._backward(inputs, targets, weight=weight)
        vectors, classes = self.remembered
        chosen = torch.randint(len(vectors), (REHEARSED,)).to(vectors.device)
        network = self.network
        assert isinstance(network, VoiceNetwork)
        self.loss(network.head(network.dropout(vectors[chosen])), classes[chosen]).backward()
        return told


def make_prepare(config: VoiceConfig, placement: Placement, *, noises: torch.Tensor | None = None) -> Prepare:
    """Stored features (B, 98, mels) float16 → network input float32, changed at random while training."""
    amount = Amount(
        shift=config.shift,
        speed=config.speed / 100,
        gain=config.gain,
        noise=config.noise / 100,
        masks=config.masks,
    )
    if noises is None:
        noises = background_noises(shape_of(config).num_mels)
    mixed = noises.to(placement.device)

    def prepare(stored: torch.Tensor, chance: torch.Tensor | None) -> torch.Tensor:
        features = stored.float()
        return features if chance is None else augment(features, chance, amount, mixed)

    return prepare


def background_noises(num_mels: int) -> torch.Tensor:
    """Noise to mix into clips, from white to brown: power falls with a random slope of the frequency.

    Returns:
        (200, 98, num_mels) float32 log-mel, always the same.
    """
    random = np.random.default_rng(NOISE_SEED)
    spectra = np.fft.rfft(random.standard_normal((NUM_NOISES, WINDOW)))
    slope = random.uniform(0.0, 1.0, (NUM_NOISES, 1))  # of the amplitude: 0 white, 0.5 pink, 1 brown
    frequency = np.maximum(np.arange(spectra.shape[1]), 20.0)
    waves = np.fft.irfft(spectra / frequency**slope)
    waves *= 0.1 / np.abs(waves).max(axis=1, keepdims=True)
    return features_of((waves * 32767).astype(np.int16), num_mels=num_mels).float()
