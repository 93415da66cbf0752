"""The Generator page: title, model in use, and the views Try, Train and Look inside."""

import streamlit as st

from core import demos
from core.contract import Task
from core.demo import Demo
from core.release import ReleaseModel
from ui.demos.generator import grid, inside, interpolation, number, own_pictures, painting, plane, synthetic
from ui.demos.generator.painters import painter_of
from ui.demos.generator.training import run_parts
from ui.frame import address
from ui.frame.fragments import fragment
from ui.frame.views import view_picker
from ui.runs import models
from ui.runs.train import train_view
from ui.widgets.choice import one_of

VIEWS = {"try": "Try", "train": "Train", "inside": "Look inside"}
TRAIN = {"pictures": ":material/imagesmode: Pictures", "points": ":material/scatter_plot: Points in the plane"}
PARTS = {
    "grid": ":material/grid_view: A class",
    "number": ":material/123: A number",
    "walk": ":material/swap_horiz: A walk",
    "synthetic": ":material/dataset: A data set",
}
SHOW = {"grid": grid.show, "number": number.show, "walk": interpolation.show, "synthetic": synthetic.show}


def show() -> None:
    """Draw the page."""
    demo = demos.find("generator")
    st.title(demo.title, anchor=False)
    st.markdown(f":gray[{demo.sentence}]")
    view = view_picker(demo.task, VIEWS)
    if view == "train":
        train(demo.task)
    elif view == "inside":
        _inside(pick_model(demo))
    else:
        _try(pick_model(demo))


def train(task: Task) -> None:
    """Train on pictures, or on points in the plane; a run in the address says which."""
    run_id = st.query_params.get("run")
    what = _what() if run_id is None else "points" if plane.is_one(run_id) else "pictures"
    if what == "points":
        address.write({"what": what})  # also beside a run, for whoever starts another from there
        train_view(demos.task("plane"), plane.parts(), ready=painting.show)
    else:
        train_view(task, run_parts(), ready=own_pictures.show)


def _what() -> str:
    """Pictures or points; the choice is in the address as `what=`."""
    if st.session_state.get("what") is None:
        wanted = st.query_params.get("what")
        st.session_state["what"] = wanted if wanted in TRAIN else "pictures"
    chosen = st.segmented_control(
        "What to train on",
        list(TRAIN),
        required=True,
        format_func=TRAIN.__getitem__,
        key="what",
        label_visibility="collapsed",
    )
    assert chosen is not None
    if chosen == "pictures":
        address.write({"what": None})
    return chosen


def pick_model(demo: Demo) -> str:
    """The id of the chosen generator: one of the two release models, or a run."""
    return models.model_picker(demo, models.choices(demo, figure=_figure))


@fragment
def _inside(model_id: str) -> None:
    inside.show(model_id, painter_of(model_id))


@fragment
def _try(model_id: str) -> None:
    painter = painter_of(model_id)
    part = one_of("What to draw", PARTS, key="generator.part")
    SHOW[part](model_id, painter)


def _figure(release: ReleaseModel) -> str:
    """ "98.4 % of 10,000 are seen as what was asked for"."""
    return f"{release.card['figures']['agreement']:.1f} % of 10,000 are seen as what was asked for"
