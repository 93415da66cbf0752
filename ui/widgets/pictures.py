"""Grey pictures on the page in its ink and paper, alone or many with captions."""

from collections.abc import Sequence

import streamlit as st

from core.plots import pictures
from core.plots.pictures import DENSITY, Grey
from ui.frame.style import is_dark


def picture(image: Grey, width: int, *, alt: str) -> None:
    """A picture (H, W) in [0, 1], 1 is ink, so many CSS px wide."""
    st.image(pictures.picture(image, width * DENSITY, dark=is_dark()), width=width, alt=alt)


def gallery(images: Sequence[Grey], captions: Sequence[str], *, columns: int, alt: str = "") -> None:
    """Pictures (H, W) in [0, 1] in a grid, a caption under each; who hears the page hears `alt` and the captions."""
    st.image(
        pictures.gallery(images, captions, columns=columns, dark=is_dark()),
        width=pictures.gallery_width(len(images), columns=columns),
        alt=f"{alt} {pictures.gallery_sentence(captions)}".strip(),
    )
