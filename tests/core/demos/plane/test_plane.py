"""The generator in the plane: its points, that it learns them, and what its preview and figure show."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core import demos
from core.contract import Ended, Evaluated, Placement
from core.data.points import encode
from core.demos.plane.cloud import FEWEST, points
from core.demos.plane.config import PlaneConfig
from core.demos.plane.diagnosis import diagnose
from core.demos.plane.learner import MESH, SURFACE, PlaneLearner, load
from core.errors import InvalidInputError
from core.knobs import knobs
from core.plots.plane import plane_figure, plane_info, plane_sentence
from core.training import engine

SHAPES = list(knobs(PlaneConfig)["shape"].options)  # type: ignore[attr-defined]
LINE = np.column_stack([np.linspace(-1.5, 1.5, 2 * FEWEST), np.linspace(0, 2, 2 * FEWEST), np.zeros(2 * FEWEST)])
PAINTED = PlaneConfig(shape="painted", painted=encode(LINE))


@pytest.mark.parametrize("shape", SHAPES)
def test_points_are_the_same_for_a_seed_and_fill_the_square(shape: str) -> None:
    config = replace(PAINTED, shape=shape)
    cloud = points(config, 2000, seed=1)
    assert (cloud == points(config, 2000, seed=1)).all()
    assert np.abs(cloud).max() < 1.3
    assert (cloud.std(axis=0) > 0.2).all()


def test_heaps_lie_where_they_should() -> None:
    ring = points(PlaneConfig(), 4000, seed=0)
    assert np.abs(np.hypot(*ring.T) - 0.8).max() < 0.25
    corners = np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1) * 0.8
    nearest = np.hypot(*(ring[:, None] - corners).transpose(2, 0, 1)).argmin(1)
    assert np.bincount(nearest, minlength=8).min() > 400


def test_painted_points_are_scattered_around_where_they_were_painted() -> None:
    cloud = points(PAINTED, 4000, seed=0)
    apart = np.linalg.norm(cloud[:, None] - LINE[None, :, :2] * 1.3 / 3, axis=2)
    assert np.quantile(apart.min(axis=1), 0.99) < 0.07
    assert np.bincount(apart.argmin(axis=1), minlength=len(LINE)).min() > 20


@pytest.mark.parametrize(("count", "said"), [(0, "No points"), (FEWEST - 1, "19 points")])
def test_too_few_painted_points_are_said_before_a_run(count: int, said: str) -> None:
    few = replace(PAINTED, painted=encode(LINE[:count]))
    for refuse in (demos.task("plane").check, load):
        with pytest.raises(InvalidInputError, match=f"{said} are painted; at least {FEWEST}"):
            refuse(few)


def test_eight_heaps_are_found() -> None:
    task, config = demos.task("plane"), PlaneConfig(epochs=20)
    ended = list(engine.train(task, config, load(config), learner=task.learner(config, Placement())))[-1]
    assert isinstance(ended, Ended)
    assert ended.metrics["covered"] > 60
    assert ended.metrics["hit"] > 60


def test_covered_and_hit_count_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = PlaneLearner(PlaneConfig(), Placement())
    real = replace(load(PlaneConfig()).test, inputs=torch.tensor([[0.0, 0.0], [0.0, 0.05], [1.0, 1.0], [1.0, -1.0]]))
    drawn = torch.tensor([[0.0, 0.0], [0.01, 0.0], [5.0, 5.0], [1.0, 1.01]])
    monkeypatch.setattr(learner, "drawn", lambda vectors: drawn)
    assert learner.evaluate(real) == {"covered": 75.0, "hit": 75.0}


@pytest.mark.parametrize(
    ("latent", "shape", "lines"), [(1, (MESH * MESH, 2), 1), (2, (MESH, MESH, 2), 2 * MESH), (4, (0,), 0)]
)
def test_a_preview_holds_points_the_surface_of_d_and_the_mapping(
    latent: int, shape: tuple[int, ...], lines: int
) -> None:
    learner = PlaneLearner(PlaneConfig(latent=latent), Placement())
    answer = learner.preview({})
    assert np.array(answer["mesh"]).shape == shape
    surface = np.array(answer["surface"]) / 1000
    assert surface.shape == (SURFACE, SURFACE)
    with torch.no_grad():
        corner = learner.discriminator(torch.tensor([[1.3, -1.3], [-1.3, -1.3]]), torch.zeros(2))
    assert surface[0, -1] - surface[0, 0] == pytest.approx(float(corner[0] - corner[1]), abs=2e-3)
    info = plane_info(points(PlaneConfig(), 50, seed=0), answer, reach=1.3)
    assert len(info.lines) == lines
    figure = plane_figure(info, dark=False, uirevision="x")
    assert [trace.name for trace in figure.data][1:] == ["mapping", "real", "generated"]
    assert "50 real ones" in plane_sentence(info)


@pytest.mark.parametrize(
    ("covered", "hit", "kind", "remedied"),
    [
        ([90, 30, 40, 45], 20, "collapse", True),
        ([40, 60, 40, 45], 20, "", False),
        ([40, 80, 90, 95], 85, "good", False),
    ],
)
def test_a_collapse_is_said_with_its_evidence(covered: list[float], hit: float, kind: str, remedied: bool) -> None:
    config = PlaneConfig(loss="non_saturating")
    events = [Evaluated(epoch, epoch, {"covered": share, "hit": hit}) for epoch, share in enumerate(covered, start=1)]
    found = diagnose(events, config)
    assert (found.kind if found else "") == kind
    if found:
        assert f"{covered[-1]} % of the real points" in found.sentence
        assert (found.remedy is not None) == remedied
    assert diagnose(events[:2], config) is None


def test_divergence_is_said_also_after_a_few_steps_and_calmer_rates_are_offered() -> None:
    config = PlaneConfig(generator_rate=1.0)
    ended = Ended(step=12, epoch=0.3, reason="diverged", message="", metrics={})
    found = diagnose([Evaluated(1, 0.1, {"covered": 90.0, "hit": 90.0}), ended], config)
    assert found is not None
    assert found.kind == "diverged"
    assert "by step 12" in found.sentence
    assert "1 (G)" in found.sentence
    assert found.remedy is not None
    assert found.remedy["generator_rate"] == 2e-3
