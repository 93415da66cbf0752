"""Files that commands are given."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.pictures import strokes
from core.data.pictures.pen_strokes import Strokes


def write_strokes(path: Path, drawn: Strokes) -> str:
    form = {"strokes": drawn.paths, "size": drawn.size, "stroke_width": drawn.stroke_width}
    path.write_text(json.dumps(form), encoding="utf-8")
    return str(path)


def seven(path: Path) -> str:
    return write_strokes(path, strokes.sample(7, rng=np.random.default_rng(3)))


def write_picture(path: Path, pixels: np.ndarray) -> str:
    Image.fromarray(pixels).save(path)
    return str(path)
