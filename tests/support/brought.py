"""A table and pictures that somebody brought."""

import numpy as np

from core.data.pictures import picture_set
from core.data.text import table

TABLE = table.Labelled("mine.csv", ("bad", "good"), tuple(f"text {i} “ö”" for i in range(20)), tuple([0, 1] * 10))
PICTURES = np.arange(30 * 784, dtype=np.uint32).astype(np.uint8).reshape(30, 28, 28)
SET = picture_set.PictureSet("mine.zip", PICTURES, np.arange(30) % 2, ("a", "b"))
