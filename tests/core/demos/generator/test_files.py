"""Files of generated pictures, ways through the latent space, and the search for copies."""

import io
import itertools
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.demos.generator import files
from core.demos.generator.config import GeneratorConfig
from core.demos.generator.latents import latents, slerp
from core.demos.generator.learner import make_discriminator, make_generator
from core.demos.generator.nearest import CHUNK, nearest
from core.demos.generator.painter import Painter

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype=np.uint8)
LABELS = np.arange(12, dtype=np.int64) % 10


@pytest.fixture(scope="module")
def painter() -> Painter:
    config = GeneratorConfig(width=8, latent=8)
    weights = {
        "generator": make_generator(config).state_dict(),
        "discriminator": make_discriminator(config).state_dict(),
    }
    return Painter(config, weights)


def test_numpy_reads_the_data_set() -> None:
    with np.load(io.BytesIO(files.npz(IMAGES, LABELS))) as loaded:
        assert np.array_equal(loaded["images"], IMAGES)
        assert np.array_equal(loaded["labels"], LABELS)
        assert (loaded["images"].dtype, loaded["labels"].dtype) == (np.uint8, np.int64)


def test_the_zip_holds_a_folder_for_each_class_and_the_same_bytes_every_time() -> None:
    names = [*"012345678", "T-shirt/top"]
    content = files.zipped(IMAGES, LABELS, names)
    assert content == files.zipped(IMAGES, LABELS, names)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        paths = archive.namelist()
        assert paths[0] == "0/00000.png"
        assert paths[9] == "T-shirt-top/00009.png"
        with Image.open(archive.open(paths[11])) as picture:
            assert np.array_equal(np.asarray(picture), IMAGES[11])


def test_the_gif_goes_there_and_back() -> None:
    with Image.open(io.BytesIO(files.gif(IMAGES[:5], scale=2))) as animation:
        assert animation.n_frames == 8
        assert animation.size == (56, 56)
        assert animation.info["loop"] == 0


def test_a_grid_is_enlarged_without_smoothing() -> None:
    with Image.open(io.BytesIO(files.grid_png(IMAGES, columns=4, scale=3))) as picture:
        pixels = np.asarray(picture)
    assert pixels.shape == (3 * 28 * 3, 4 * 28 * 3)
    assert np.array_equal(pixels[:84:3, 84:168:3], IMAGES[1])


def test_the_nearest_picture_is_the_one_that_brute_force_finds() -> None:
    random = np.random.default_rng(1)
    many = random.integers(0, 256, (CHUNK + 700, 8, 8), dtype=np.uint8)
    few = random.integers(0, 256, (9, 8, 8), dtype=np.uint8)
    few[4] = many[CHUNK + 300]
    distance = np.sqrt((((few[:, None].astype(float) - many[None]) / 255) ** 2).mean(axis=(2, 3)))

    found = nearest(few, many)

    assert np.array_equal(found.index, distance.argmin(1))
    np.testing.assert_allclose(found.distance, distance.min(1), atol=1e-9)
    assert found.distance[4] == 0


def test_a_walk_keeps_its_ends_and_its_length() -> None:
    first, last = latents(2, 64, seed=3)
    way = slerp(first, last, 9)
    np.testing.assert_allclose(way[[0, -1]], [first, last], atol=1e-5)
    middle = np.linalg.norm(way[4])
    assert middle > 0.95 * min(np.linalg.norm(first), np.linalg.norm(last))  # the straight line would lose 30 %
    angles = [float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in itertools.pairwise(way)]
    assert max(angles) - min(angles) < 0.02
    assert np.array_equal(slerp(first, first, 3), [first] * 3)


def test_a_walk_of_pictures_begins_and_ends_with_those_chosen(painter: Painter) -> None:
    first, last = latents(2, 8, seed=3)
    frames = painter.between(slerp(first, last, 5), 3, 8)
    ends = painter.draw(np.stack([first, last]), [3, 8])
    assert np.abs(frames[[0, -1]].astype(int) - ends).max() <= 1
    assert not np.array_equal(frames[1], frames[0])


def test_directions_are_of_unit_length_and_ordered_by_what_they_do(painter: Painter) -> None:
    rows = painter.directions
    np.testing.assert_allclose(rows @ rows.T, np.eye(8), atol=1e-5)
    weights = painter.generator.seed[0].weight[:, :8].numpy()
    effects = np.linalg.norm(weights @ rows.T, axis=0)
    assert (np.diff(effects) <= 1e-4).all()
    np.testing.assert_allclose(effects[0], np.linalg.norm(weights, 2), rtol=1e-4)
