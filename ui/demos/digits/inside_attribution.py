"""Where a network looks: integrated gradients and occlusion."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch
from torch import nn

from core.explain import attribution
from core.explain.layers import number
from core.plots import maps, pictures
from core.plots.words import percent
from ui.frame.style import is_dark

PICTURE = 280  # CSS px
STEPS = (10, 20, 50, 100, 200)


@dataclass(frozen=True)
class Subject:
    """What is looked at: a network, the drawing as it gets it, and which model it is."""

    network: nn.Module
    image: torch.Tensor  # (1, 1, 28, 28) float32 in [0, 1]
    classes: tuple[str, ...]
    model_id: str
    seq: int  # of the checkpoint
    data: str  # data set whose test images it is measured on

    @property
    def grey(self) -> npt.NDArray[np.float32]:
        return self.image[0, 0].numpy()


def show_attribution(subject: Subject) -> None:
    """Integrated gradients beside occlusion, for a class that can be chosen."""
    with torch.no_grad():
        winner = int(subject.network(subject.image).argmax())
    st.subheader("Where it looks, not why", anchor=False)
    st.caption(
        "Both pictures say which pixels a score hangs on. They do not say what the network makes of them, "
        "and the two methods may disagree."
    )
    target = _target(subject, winner)
    left, right = st.columns(2, gap="large")
    with left:
        _gradients(subject, target)
    with right:
        _occlusion(subject, target)


def _target(subject: Subject, winner: int) -> int:
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.toggle("Follow the answer", value=True, key="inside.follow", persist_state="session"):
            return winner
        names = subject.classes
        return st.selectbox(
            "Score of", range(len(names)), format_func=names.__getitem__, key="inside.target", width=160
        )


def _gradients(subject: Subject, target: int) -> None:
    name = subject.classes[target]
    st.markdown("**Integrated gradients**")
    place = st.container()
    steps = st.select_slider("Steps from an empty picture", STEPS, 50, key="inside.steps", persist_state="session")
    with place:
        with st.spinner("Adding up gradients …", show_time=False):
            found = attribution.integrated_gradients(subject.network, subject.image, target=target, steps=steps)
        _overlay(found.values, subject, f"Integrated gradients for {name}, with the outline of the drawing")
        difference = found.score - found.blank_score
        proportion = percent(abs(found.error / difference)) if difference else "nothing to compare with"
        st.markdown(
            f"The score of {name} goes from {number(found.blank_score, 3)} for an empty picture to "
            f"{number(found.score, 3)} for yours, a difference of **{number(difference, 3)}**. All pixels together "
            f"explain **{number(difference + found.error, 3)}**: a completeness error of "
            f"**{number(found.error)}** ({proportion})."
        )
        st.caption(f"{maps.scale_sentence(found.values)} More steps make the error smaller.")


def _occlusion(subject: Subject, target: int) -> None:
    name = subject.classes[target]
    found = attribution.occlusion(subject.network, subject.image, target=target)
    st.markdown("**Occlusion**")
    _overlay(found.values, subject, f"Occlusion for {name}, with the outline of the drawing")
    row, column = found.top_left
    side = attribution.PATCH
    st.markdown(
        f"Blanking the {side}×{side} patch at row {row + 1}, column {column + 1} costs {name} the most: "
        f"**{number(found.largest_drop, 3)}** of its score."
    )
    st.caption(
        f"A blank patch at every second place, averaged where patches overlap. {maps.scale_sentence(found.values)}"
    )


def _overlay(values: npt.NDArray[np.float32], subject: Subject, alt: str) -> None:
    picture = maps.overlay(values, subject.grey, PICTURE * pictures.DENSITY, dark=is_dark())
    st.image(picture, width=PICTURE, alt=f"{alt}. {maps.scale_sentence(values)}")
