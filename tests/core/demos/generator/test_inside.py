"""Looking into G and D: stages equal the network, attributions equal autograd's and add up, planes are in place."""

import numpy as np
import pytest
import torch

from core.demos.generator import inside
from core.demos.generator.latents import latents
from core.demos.generator.painter import Painter, release_painter


@pytest.fixture(scope="module")
def painter() -> Painter:
    return release_painter()


def test_the_stages_lead_to_the_picture_that_is_drawn(painter: Painter) -> None:
    vector = latents(1, 64, seed=5)
    found = inside.stages(painter, vector[0], 3)
    assert [stage.values.shape for stage in found] == [
        (64,),
        (16,),
        (48, 7, 7),
        (32, 14, 14),
        (16, 28, 28),
        (1, 28, 28),
    ]
    assert (np.round(255 * found[-1].values[0]) == painter.draw(vector, [3])[0]).all()
    assert all((stage.values >= 0).all() for stage in found[2:])


def test_what_d_looks_at_adds_up_to_its_score_and_follows_its_gradient(painter: Painter) -> None:
    image = painter.draw(latents(1, 64, seed=5), [3])[0]
    found = inside.looked_at(painter, image, 3)
    given = torch.from_numpy(image.astype(np.float32) / 255)[None, None]
    label = torch.tensor([3])
    with torch.no_grad():
        score, blank = painter.discriminator(given, label), painter.discriminator(torch.zeros_like(given), label)
    assert found.score == pytest.approx(score.item(), abs=1e-4)
    assert found.values.sum() == pytest.approx(
        (score - blank).item(), abs=0.02 * abs(score.item() - blank.item()) + 0.02
    )
    mean = torch.zeros_like(given)
    num_points = 2000
    for point in (torch.arange(num_points) + 0.5).split(250):
        on_the_way = ((point / num_points)[:, None, None, None] * given).requires_grad_(True)
        scores = painter.discriminator(on_the_way, label.expand(len(point)))
        mean += torch.autograd.grad(scores.sum(), on_the_way)[0].sum(0, keepdim=True) / num_points
    expected = (mean * given)[0, 0].numpy()
    assert np.abs(found.values - expected).max() < 0.05 * np.abs(expected).max()


def test_a_plane_has_its_vector_in_the_middle_and_its_directions_right_and_up(painter: Painter) -> None:
    centre = latents(1, 64, seed=5)[0]
    grid = inside.plane(painter, centre, first=0, second=2, reach=3.0, side=9).reshape(9, 9, 64)
    np.testing.assert_allclose(grid[4, 4], centre, atol=1e-6)
    np.testing.assert_allclose(grid[4, 8] - centre, 3 * painter.directions[0], atol=1e-5)
    np.testing.assert_allclose(grid[0, 4] - centre, 3 * painter.directions[2], atol=1e-5)
