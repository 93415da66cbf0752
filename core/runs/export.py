"""Files of a run or a release model: where they come from, and of which kinds. `core.export` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core import demos
from core.contract import Event
from core.demo import Demo
from core.errors import InvalidSettingError
from core.export import Figure, Parity, Trained, bundle, parity, to_safetensors
from core.knobs import from_json
from core.runs import checkpoints
from core.runs.protocols import Files, RunBook
from core.runs.records import Checkpoint, Run

KINDS = {"safetensors": "safetensors", "onnx": "onnx", "bundle": "zip"}  # kind → end of a file's name


@dataclass(frozen=True, kw_only=True)
class StoredModel:
    """A trained network of a demo, as it was kept."""

    demo: Demo
    config: Mapping[str, Any]
    state: Mapping[str, Any]  # the learner's part of a checkpoint, or what stands for it
    title: str
    origin: str
    made: str = ""
    figures: tuple[Figure, ...] = ()
    test: Mapping[str, float]
    validation: Mapping[str, float]
    events: tuple[Event, ...]


def kinds(demo: Demo) -> list[str]:
    """The kinds of files that a demo's models become."""
    how = demo.export
    if how is None:
        return []
    offered = {"safetensors": True, "onnx": how.onnx is not None, "bundle": how.card is not None}
    return [kind for kind, is_offered in offered.items() if is_offered]


def of_run(book: RunBook, files: Files, run_id: str) -> StoredModel:
    """The best weights of a run.

    Raises:
        NotFoundError: there is no such run, or its demo is gone.
        InvalidSettingError: it has saved nothing yet.
        StorageError: no checkpoint of it can be read.
    """
    run, restored = book.get(run_id), checkpoints.restore(book, files, run_id, prefer="best")
    if restored is None:
        raise InvalidSettingError(f"Run {run_id} is {run.state} and has saved no model yet. Wait for its first epoch.")
    return StoredModel(
        demo=demos.find(run.task),
        config=run.config,
        state=restored.state["learner"],
        title=run.title,
        origin=_origin(run, restored.checkpoint),
        test=run.metrics,
        validation=restored.checkpoint.metrics,
        events=tuple(event for _, event in book.events(run_id)),
    )


def of_release(demo: Demo, name: str) -> StoredModel:
    """A release model by its id; raises `DataUnavailableError` where it needs what is not here."""
    assert demo.export is not None
    release = demo.releases[name]
    card = release.card
    told = card["figures"] if isinstance(card["figures"], list) else []
    return StoredModel(
        demo=demo,
        config=card["config"],
        state=demo.export.release_state(release),
        title=f"{demo.title}, release model{f' ({release.label})' if release.label else ''}",
        origin="Release model",
        made=f"Trained with Glassbox on {card['trained_on']}. It ships with Glassbox.",
        figures=tuple(Figure("Accuracy", f"{one['accuracy']:.2f} %", one["set"]) for one in told if "accuracy" in one),
        test={},
        validation={},
        events=(),
    )


def proof(source: StoredModel) -> Parity:
    """How far the ONNX file is from PyTorch; raises `DataUnavailableError`."""
    how = source.demo.export
    assert how is not None
    assert how.onnx is not None
    assert how.compared is not None
    network = how.network(source.config, source.state)
    inputs, examples = how.compared(source.config, source.state)
    return parity(network, how.onnx(network), inputs, examples=examples)


def content(source: StoredModel, kind: str, compared: Parity | None = None) -> bytes:
    """The file of a kind, one of `kinds`.

    Args:
        compared: the parity, where it is known; a bundle measures it otherwise.

    Raises:
        DataUnavailableError: a bundle's parity is measured on data that is not here.
    """
    how = source.demo.export
    assert how is not None
    network = how.network(source.config, source.state)
    if kind == "safetensors":
        return to_safetensors(network)
    assert how.onnx is not None
    onnx = how.onnx(network)
    if kind == "onnx":
        return onnx
    assert how.card is not None
    trained = Trained(
        network=network,
        config=from_json(source.demo.task.Config, source.config)[0],
        title=source.title,
        origin=source.origin,
        made=source.made,
        figures=source.figures,
        test=source.test,
        validation=source.validation,
        events=source.events,
    )
    return bundle(trained, how.card(trained, source.state), onnx=onnx, compared=compared or proof(source))


def _origin(run: Run, weights: Checkpoint) -> str:
    """ "Run ab12cd, weights after 3 of 5 epochs, ended 2026-03-01 14:05 UTC"."""
    ended = datetime.fromtimestamp(run.ended_at or run.created_at, UTC)
    return (
        f"Run {run.id}, weights after {weights.epoch:g} of {sum(run.phases)} epochs, ended {ended:%Y-%m-%d %H:%M} UTC"
    )
