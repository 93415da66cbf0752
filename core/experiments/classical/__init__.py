"""Classical learning beside the networks: methods of scikit-learn on the same splits. No page of its own.

What all have in common is in `config`, `fitter` and `methods`; what they are given of a demo, and what they read of an
example, in the module of that name. Reading this package costs neither PyTorch nor scikit-learn; its functions import
them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from core.contract import Dataset, Fits, Fitter, Metric
from core.demo import Demo, Page
from core.experiments.classical.config import PRESETS, ClassicalConfig, ClassicalTextConfig, ClassicalVoiceConfig
from core.lazy import lazily

if TYPE_CHECKING:
    from core.experiments.classical.fitter import Examples


def _examples(demo: str) -> Examples:
    return cast("Examples", importlib.import_module(f"{__name__}.{demo}"))


def _demo(
    name: str,
    *,
    demo: str,
    title: str,
    sentence: str,
    config_type: type[Any],
    settle: Callable[[Any], Any] = lambda config: config,
) -> Demo:
    """The methods beside the networks of one demo."""

    def load(config: Any) -> Dataset:
        return _examples(demo).load(config)

    def check(config: Any) -> None:
        _examples(demo).check(config)

    def fitter(config: Any, dataset: Dataset) -> Fitter:
        from core.experiments.classical.fitter import ClassicalFitter

        return ClassicalFitter(config, _examples(demo), dataset.train)

    fits = Fits(
        name=name,
        Config=config_type,
        presets=PRESETS[name],
        metrics=(Metric(name="accuracy", label="Accuracy", unit="%", goal="max"),),
        select="accuracy",
        load=load,
        fitter=fitter,
        check=check,
        settle=settle,
    )
    return Demo(
        title=title, order=100, icon=":material/scatter_plot:", sentence=sentence, page=Page(name=demo), fits=fits
    )


DEMOS = (
    _demo(
        "classical",
        demo="digits",
        title="Classical learning",
        sentence="What methods from before deep learning make of the same digits.",
        config_type=ClassicalConfig,
    ),
    _demo(
        "classical_voice",
        demo="voice",
        title="Classical learning on speech",
        sentence="What methods from before deep learning make of the same clips.",
        config_type=ClassicalVoiceConfig,
        settle=lazily("core.experiments.classical.voice:settle"),
    ),
    _demo(
        "classical_sentiment",
        demo="sentiment",
        title="Classical learning on texts",
        sentence="What methods from before deep learning make of the same texts, from counted words alone.",
        config_type=ClassicalTextConfig,
    ),
)
