"""A model that ships with the project: a folder of `weights/` with its card `model.json` beside the weights.

What trains these models is in `release/`, not here. Reading a card costs no PyTorch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import DataUnavailableError, NotFoundError
from core.knobs import Config, from_json

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).parents[1] / "weights"
AnyConfig = TypeVar("AnyConfig", bound=Config)


@dataclass(frozen=True)
class ReleaseModel:
    """A trained model in a folder. The card says its config, the SHA-256 of its weights, and figures with their sets.

    Everything raises `DataUnavailableError` where the folder has no model.
    """

    folder: Path
    part: str = ""  # which of several models in one folder: a key of "models" in the card
    label: str = ""  # what tells it from the demo's other release models: "small"

    def is_here(self) -> bool:
        """Whether the folder has a model."""
        return (self.folder / "model.json").is_file()

    @property
    def card(self) -> Mapping[str, Any]:
        """What `model.json` says; raises `NotFoundError` for a part that it has not."""
        file = self.folder / "model.json"
        if not self.is_here():
            raise DataUnavailableError(
                f"There is no model in {self.folder}; it comes with Glassbox. Install Glassbox again."
            )
        card = _card(file, file.stat().st_mtime_ns)
        if not self.part:
            return card
        if self.part not in card["models"]:
            raise NotFoundError(f"There is no release model of “{self.part}”. There are: {', '.join(card['models'])}.")
        part: dict[str, Any] = card["models"][self.part]
        return part

    def config(self, config_type: type[AnyConfig]) -> AnyConfig:
        """The config that it was trained with."""
        return from_json(config_type, self.card["config"])[0]

    def stored(self) -> dict[str, torch.Tensor]:
        """Its tensors as they lie in the file.

        Raises:
            DataUnavailableError: the file is not the one that the card describes.
        """
        from safetensors.torch import load

        file = self.folder / self.card.get("file", "model.safetensors")
        if not file.is_file():
            raise DataUnavailableError(f"There are no weights in {self.folder}. Install Glassbox again.")
        content = file.read_bytes()
        expected = self.card.get("sha256")
        if expected is not None and hashlib.sha256(content).hexdigest() != expected:
            raise DataUnavailableError(
                f"The weights in {file} are not those that {self.folder.name}/model.json describes. "
                "Install Glassbox again."
            )
        return load(content)

    def weights(self) -> dict[str, torch.Tensor]:
        """Its weights in float32; they are stored in half precision."""
        return {name: value.float() if value.is_floating_point() else value for name, value in self.stored().items()}

    def text(self, name: str) -> str:
        """A text that lies beside the weights."""
        return (self.folder / name).read_text(encoding="utf-8")

    def headline(self) -> Mapping[str, Any]:
        """The figure to be told where there is room for one: the card's own choice, else that of the largest set."""
        return max(self.card["figures"], key=lambda figure: (figure.get("headline", False), figure["examples"]))


@cache
def _card(file: Path, written: int) -> dict[str, Any]:
    """A card as it was written at that time."""
    card: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return card
