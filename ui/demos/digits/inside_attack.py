"""What fools a network: the fast gradient sign method on the own drawing and on test images."""

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch
from torch import nn

from core.data.pictures import sources
from core.demos.digits.resisting import EPSILON
from core.errors import GlassboxError
from core.explain import adversarial
from core.plots import maps, pictures
from core.plots.robustness import copy_sentence, robustness_figure, robustness_info, robustness_sentence
from core.plots.words import percent
from core.runs.records import Run
from core.settings import home
from ui.demos.digits import inside_copy
from ui.demos.digits.inside_attribution import Subject
from ui.frame.errors import show_error
from ui.frame.services import run_with
from ui.frame.style import is_dark
from ui.runs import readers
from ui.widgets.live_chart import live_chart
from ui.widgets.verdict import probability_chart

SMALL = 132  # CSS px
EPSILONS = tuple(round(step / 100, 2) for step in range(31))  # of the slider
CURVE = EPSILONS[::2]  # `resisting.EPSILON` is among them
NUM_TESTED = 500


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
        probability_chart(subject.classes, now, key="inside.bars", alt=f"With ε = {epsilon:.2f}:")
    left, right = st.columns(2, gap="large")
    with left:
        name = subject.classes[int(own)]
        st.markdown(f"**Probability of {name} for your drawing**")
        info = robustness_info(EPSILONS, probabilities[:, int(own)].tolist(), chosen=epsilon)
        sentence = robustness_sentence(info, f"Probability of {name}")
        live_chart(robustness_figure(info, dark=is_dark()), key="inside.own", alt=sentence)
        st.caption(sentence)
    with right:
        _accuracy(subject, epsilon)


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
    said = f"With ε = {epsilon:.2f} the answer is {names[int(now.argmax())]} ({percent(float(now.max()))})."
    flipped = adversarial.flip(probabilities)
    if flipped is None:
        return f"{said} It stays {names[int(probabilities[0].argmax())]} up to ε = {EPSILONS[-1]:.2f}."
    other = names[int(probabilities[flipped].argmax())]
    return f"{said} It flips from {names[int(probabilities[0].argmax())]} to {other} at ε = {EPSILONS[flipped]:.2f}."


def _accuracy(subject: Subject, epsilon: float) -> None:
    st.markdown("**Accuracy under the same attack**")
    plan = inside_copy.plan(subject.model_id)
    copy = run_with("digits", plan.config) if plan else None
    try:
        accuracies, of = accuracy_curve(str(home()), subject.model_id, subject.seq, subject.data, subject.network)
        after = _copy_accuracies(copy, subject.data) if copy is not None and copy.state == "completed" else ()
    except GlassboxError as error:
        show_error(error)
        return
    info = robustness_info(CURVE, accuracies, chosen=epsilon, copy=after)
    sentence = f"{robustness_sentence(info, 'Accuracy')} Measured on {of}, each attacked through its own gradient."
    bought = copy_sentence(info, epsilon=EPSILON, images=f"the same {NUM_TESTED} images") if after else ""
    live_chart(
        robustness_figure(info, dark=is_dark(), dashed=True), key="inside.accuracy", alt=f"{sentence} {bought}".strip()
    )
    if bought:
        st.markdown(bought)
    st.caption(sentence)
    if plan is None:
        st.caption("This model has learned from such examples itself.")
    else:
        inside_copy.show(plan, copy)


def _copy_accuracies(copy: Run, data: str) -> tuple[float, ...]:
    reader = readers.model_of("digits", copy.id)
    return accuracy_curve(str(home()), copy.id, readers.best_checkpoint(copy.id).seq, data, reader.network)[0]


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
