"""Histograms of oriented gradients, on pictures worked by hand."""

import numpy as np
import pytest

from core.data.pictures.oriented_gradients import CHUNK, gradient_histograms
from core.data.pictures.sources import load_images

BLANK = np.zeros((1, 28, 28), dtype=np.uint8)


def half(*, upright: bool, ink: int = 255) -> np.ndarray:
    """One picture with an edge through its middle."""
    picture = BLANK.copy()
    if upright:
        picture[:, :, 14:] = ink
    else:
        picture[:, 14:] = ink
    return picture


def votes(images: np.ndarray) -> np.ndarray:
    """(9,) sum over all blocks and cells."""
    return gradient_histograms(images).reshape(-1, 9).sum(axis=0)


def test_a_vertical_edge_votes_for_the_bin_of_a_horizontal_gradient() -> None:
    found = votes(half(upright=True))
    assert found[0] > 0
    assert np.allclose(found[1:], 0)


def test_a_horizontal_edge_votes_half_for_each_of_the_bins_beside_90_degrees() -> None:
    found = votes(half(upright=False))  # bins are centred on 80° and 100°
    assert found[4] == pytest.approx(found[5])
    assert found[4] > 0
    assert np.allclose(np.delete(found, [4, 5]), 0)


def test_a_slope_of_45_degrees_votes_for_40_and_60_degrees_by_its_distance() -> None:
    rows, columns = np.indices((28, 28))
    picture = (4 * (rows + columns)).astype(np.uint8)[None]
    middle = gradient_histograms(picture).reshape(3, 3, 4, 9)[1, 1, 0]  # no border pixels in its first cell
    assert middle[2] == pytest.approx(3 * middle[3], rel=1e-4)  # 5° from 40°, 15° from 60°
    assert np.allclose(np.delete(middle, [2, 3]), 0)


def test_an_edge_from_dark_to_light_is_the_same_as_one_from_light_to_dark_and_contrast_does_not_count() -> None:
    reference = gradient_histograms(half(upright=True))
    assert np.allclose(gradient_histograms(255 - half(upright=True)), reference)
    assert np.allclose(gradient_histograms(half(upright=True, ink=60)), reference, atol=1e-4)


def test_every_block_with_an_edge_has_length_1_and_nothing_becomes_nothing() -> None:
    images = np.concatenate([load_images("mnist5k").test_images[:20], BLANK])
    blocks = gradient_histograms(images).reshape(21, 9, 36)
    lengths = np.linalg.norm(blocks, axis=2)
    inked = blocks.any(axis=2)
    assert np.allclose(lengths[inked], 1, atol=1e-4)
    assert not inked[-1].any()


def test_the_shape_follows_the_cells_and_many_pictures_are_as_each_alone() -> None:
    images = load_images("mnist5k").train_images[: CHUNK + 2]
    together = gradient_histograms(images)
    assert (together.shape, together.dtype) == ((CHUNK + 2, 324), np.float32)
    assert np.array_equal(together[CHUNK:], gradient_histograms(images[CHUNK:]))
    assert gradient_histograms(images[:2], cell=4).shape == (2, 6 * 6 * 36)
    assert gradient_histograms(images[:0]).shape == (0, 324)


def test_pictures_that_cannot_be_cut_into_cells_are_refused() -> None:
    with pytest.raises(ValueError, match="28×28 cannot be cut into cells of 5"):
        gradient_histograms(BLANK, cell=5)
