"""Where a network looks (integrated gradients, occlusion) and what fools it (fast gradient sign method)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch
from torch import nn

from core.data import sources
from core.errors import GlassboxError
from core.explain import adversarial, attribution
from core.explain.layers import number
from core.plots import maps, pictures
from core.plots.probabilities import probabilities_sentence, probability_bars
from core.plots.robustness import robustness_figure, robustness_info, robustness_sentence
from core.plots.words import percent
from core.settings import home
from ui.live_chart import live_chart
from ui.style import is_dark
from ui.words import plain

PICTURE = 280  # CSS px
SMALL = 132  # CSS px
EPSILONS = tuple(round(step / 100, 2) for step in range(31))  # of the slider
CURVE = tuple(round(step / 100, 2) for step in range(0, 31, 3))
NUM_TESTED = 500
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
        share = percent(abs(found.error / difference)) if difference else "nothing to compare with"
        st.markdown(
            f"The score of {name} goes from {number(found.blank_score, 3)} for an empty picture to "
            f"{number(found.score, 3)} for yours, a difference of **{number(difference, 3)}**. All pixels together "
            f"explain **{number(difference + found.error, 3)}**: a completeness error of "
            f"**{number(found.error)}** ({share})."
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


def show_attack(subject: Subject) -> None:
    """A slider from ε = 0: the drawing, the noise, what they make together, and the answer to it."""
    st.subheader("A little noise, made to fool it", anchor=False)
    st.caption(
        "Every pixel moves by at most ε (0 is paper, 1 is ink) in the direction that hurts the network's answer most "
        "(fast gradient sign method)."
    )
    epsilon = st.slider("Strength ε", 0.0, EPSILONS[-1], 0.0, 0.01, key="inside.epsilon", persist_state="session")
    with torch.no_grad():
        own = subject.network(subject.image).argmax(1)
    sign = adversarial.gradient_sign(subject.network, subject.image, own)
    probabilities = adversarial.answers(subject.network, subject.image, sign, EPSILONS)
    now = probabilities[round(epsilon * 100)]
    left, right = st.columns([3, 2], gap="large")
    with left:
        _three(subject, adversarial.fooled(subject.image, sign, epsilon), epsilon)
        st.markdown(_flip_sentence(subject, probabilities, epsilon))
    with right:
        live_chart(
            probability_bars(subject.classes, now, dark=is_dark()),
            key="inside.bars",
            alt=f"With ε = {epsilon:.2f}: {probabilities_sentence(subject.classes, now)}",
        )
    left, right = st.columns(2, gap="large")
    with left:
        name = subject.classes[int(own)]
        st.markdown(f"**Probability of {name} for your drawing**")
        info = robustness_info(EPSILONS, probabilities[:, int(own)].tolist(), chosen=epsilon)
        sentence = robustness_sentence(info, f"Probability of {name}")
        live_chart(robustness_figure(info, dark=is_dark()), key="inside.own", alt=sentence)
        st.caption(sentence)
    with right:
        _accuracy_curve(subject, epsilon)


def _three(subject: Subject, moved: torch.Tensor, epsilon: float) -> None:
    dark = is_dark()
    noise = (moved - subject.image)[0, 0].numpy()
    size = SMALL * pictures.DENSITY
    amplified = f"noise, {1 / epsilon:.0f} times amplified" if epsilon else "noise: none yet"
    shown = (
        (pictures.picture(subject.grey, size, dark=dark), "your drawing", "the drawing as the network gets it"),
        (
            maps.signed_picture(noise, size, limit=epsilon, dark=dark),
            amplified,
            f"the noise: blue adds ink, {amplified}",
        ),
        (
            pictures.picture(moved[0, 0].numpy(), size, dark=dark),
            "both together",
            f"the drawing with ε = {epsilon:.2f}",
        ),
    )
    with st.container(horizontal=True, gap="small"):
        for image, caption, alt in shown:
            st.image(image, width=SMALL, caption=caption, alt=alt)


def _flip_sentence(subject: Subject, probabilities: npt.NDArray[np.float32], epsilon: float) -> str:
    names = subject.classes
    now = probabilities[round(epsilon * 100)]
    said = f"With ε = {epsilon:.2f} the answer is **{names[int(now.argmax())]}** ({percent(float(now.max()))})."
    flipped = adversarial.flip(probabilities)
    if flipped is None:
        return f"{said} It stays {names[int(probabilities[0].argmax())]} up to ε = {EPSILONS[-1]:.2f}."
    other = names[int(probabilities[flipped].argmax())]
    return f"{said} It flips from {names[int(probabilities[0].argmax())]} to {other} at ε = {EPSILONS[flipped]:.2f}."


def _accuracy_curve(subject: Subject, epsilon: float) -> None:
    try:
        shares, of = accuracy_curve(str(home()), subject.model_id, subject.seq, subject.data, subject.network)
    except GlassboxError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.markdown("**Accuracy under the same attack**")
    info = robustness_info(CURVE, shares, chosen=epsilon)
    sentence = f"{robustness_sentence(info, 'Accuracy')} Measured on {of}, each attacked through its own gradient."
    live_chart(robustness_figure(info, dark=is_dark(), dashed=True), key="inside.accuracy", alt=sentence)
    st.caption(sentence)


@st.cache_data(max_entries=32, show_spinner="Attacking 500 test images …")
def accuracy_curve(
    home_folder: str, model_id: str, seq: int, data: str, _network: nn.Module
) -> tuple[tuple[float, ...], str]:
    """Accuracy at every ε of `CURVE`, and on which images; they are spread evenly over the model's test images."""
    images = sources.load_images(data)
    chosen = np.linspace(0, len(images.test_images) - 1, NUM_TESTED).astype(int)
    pixels = torch.from_numpy(images.test_images[chosen].astype(np.float32) / np.float32(255)).unsqueeze(1)
    labels = torch.from_numpy(images.test_labels[chosen].astype(np.int64))
    of = f"{NUM_TESTED} of the {len(images.test_images):,} held-out {images.name} digits"
    if data != "mnist5k":
        of = f"{NUM_TESTED} of the {len(images.test_images):,} {images.name} test images"
    return adversarial.accuracies(_network, pixels, labels, CURVE), of
