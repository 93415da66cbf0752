"""What Generator adds to the view of a run: a picture of one's own, the previews, D's scores, and the result."""

import streamlit as st

from core import demos
from core.contract import Previewed
from core.data import registry
from core.demos.generator.latents import NUM_CLASSES, latents
from core.demos.generator.network import IMAGE_SIDE
from core.demos.generator.pictures import Pixels, read_sheet_text, to_sheet
from core.plots.scores import scores_figure, scores_info, scores_sentence
from core.plots.words import number
from core.runs.records import Run
from ui.demos.generator import by_hand, controls
from ui.demos.generator.by_hand import FIXED
from ui.frame.fragments import fragment
from ui.frame.services import config_of, store
from ui.frame.style import is_dark
from ui.runs import export, pins
from ui.runs.live import RunParts, live_part, told
from ui.runs.run_words import data_label
from ui.widgets.live_chart import live_chart
from ui.widgets.pictures import picture
from ui.widgets.preview_slider import moment

OWN_SIZE = 140  # px
PREVIEW_WIDTH = 480  # px


def run_parts() -> RunParts:
    """The parts of a generator's run."""
    return RunParts(right=_right, below=by_hand.section, after=_after)


def _right(run: Run) -> None:
    st.markdown("**The same random numbers, drawn again and again**")
    live_part(_previews, run)(run)
    st.markdown("**Your picture, while it trains**")
    if not run.is_over:
        fragment(_pin)(run)
    live_part(_own, run)(run)


def _previews(shown: Run) -> None:
    run = store().get(shown.id)
    drawn = [event for event in told(run, Previewed) if FIXED in event.answers]
    if not drawn:
        st.caption("The first pictures come with the first step.")
        return
    event = drawn[moment(run, drawn)]
    sheet = to_sheet(read_sheet_text(event.answers[FIXED]["pictures"], side=IMAGE_SIDE), columns=NUM_CLASSES)
    config = config_of(run)
    kind = (
        "each row one vector of random numbers, each column a class" if config.has_classes else "40 vectors, no classes"
    )
    picture(sheet / 255, PREVIEW_WIDTH, alt=f"40 generated pictures after {event.step} steps: {kind}")
    st.caption(f"After {event.step:,} steps, epoch {event.epoch:.2g}: {kind}.")
    answer = event.answers[FIXED]
    if "real" in answer:
        info = scores_info(answer["real"], answer["generated"])
        live_chart(scores_figure(info, dark=is_dark(), uirevision=run.id), key="scores", alt=scores_sentence(info))
        st.caption(scores_sentence(info))


def _pin(run: Run) -> None:
    """Choose class and random numbers; the run draws them about once a second from then on."""
    config = config_of(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = 0
        if config.has_classes:
            names = _classes(run)
            label = int(st.selectbox("Class", range(len(names)), 3, format_func=names.__getitem__, key="pin.class"))
        seed = controls.dice(key="pin", label="Other random numbers")
    pins.pin(run, {"latents": latents(1, config.latent, seed=seed).round(4).tolist(), "labels": [label]})


def _classes(run: Run) -> tuple[str, ...]:

    return registry.find(str(run.config["data"])).classes


def _own(shown: Run) -> None:
    run = store().get(shown.id)
    found = pins.answered(run, watched=(FIXED,))
    if found is None or not found.events:
        st.caption(pins.nothing(run) if run.is_over else "It is drawn in a moment …")
        return
    event = found.events[-1]
    image: Pixels = read_sheet_text(event.answers[found.name]["pictures"], side=IMAGE_SIDE)[0]
    whose = pins.origin(run, found)
    picture(image / 255, OWN_SIZE, alt=f"the own picture after {event.step} steps")
    st.caption(f"After {event.step:,} steps{f', {whose}' if whose else ''}")


def _measured(run: Run) -> str:
    """What the figures are of."""
    if run.config["data"] == "own":
        return (
            "500 generated pictures beside a tenth of yours that was held out: how far two of them are apart on "
            "average, pixel by pixel. No classifier knows pictures like yours, so nothing else is measured."
        )
    return (
        f"500 generated pictures beside the test images of {data_label(demos.task('generator'), run)}, judged by a "
        "separate classifier that no generator is trained against. The Fréchet distance is between what its last "
        "hidden layer finds in both; it is not comparable with distances in other networks' features."
    )


def _after(run: Run) -> None:
    if run.metrics:
        st.subheader("The result", anchor=False)
        said = {metric.name: metric for metric in demos.task("generator").metrics}
        parts = [f"{said[name].label}: {number(value, said[name].unit)}" for name, value in run.metrics.items()]
        st.markdown("  \n".join(parts))
        st.caption(_measured(run))
    export.panel(run)
