"""Train on points of one's own: a sheet to paint them on. They travel in the config, so the address holds them too."""

import functools
from pathlib import Path

import numpy as np
import streamlit as st

from core import demos
from core.data import points
from core.demos.plane import cloud
from core.demos.plane.config import PlaneConfig
from core.errors import InvalidInputError
from core.knobs import Config, to_json
from ui.frame.style import palette_css
from ui.frame.words import plain
from ui.widgets import brush
from ui.widgets.form import set_form

BROWSER = Path(__file__).parent / "browser"
KEY = "plane.painting"


def show(config: Config) -> bool:
    """The sheet, where a config asks for painted points; returns whether a run can start."""
    assert isinstance(config, PlaneConfig)
    if config.shape != "painted":
        return True
    painted = points.decode(config.painted)
    st.markdown("**Paint where points should be**")
    data = {"points": painted.tolist(), "maxPoints": points.MAX_POINTS}
    _component()(key=KEY, data=data, on_painted_change=lambda: _take(config))
    try:
        cloud.check(config)
    except InvalidInputError as error:
        st.caption(plain(str(error)))
        return False
    st.caption(
        f"{len(painted)} of at most {points.MAX_POINTS} points. The networks see {4096:,} points scattered closely "
        "around them. The address of this page holds them."
    )
    return True


def _take(config: PlaneConfig) -> None:
    """What the browser has painted, into the form."""
    try:
        given = np.array(st.session_state[KEY].painted, np.float64).reshape(-1, 3)
    except (TypeError, ValueError):
        return
    if len(given) <= points.MAX_POINTS and np.isfinite(given).all():
        given[:, 2] = 0
        set_form(demos.task("plane"), {**to_json(config), "painted": points.encode(given)})


@functools.cache
def _component():  # type: ignore[no-untyped-def]  # a Streamlit type that it does not export
    html, css, script = ((BROWSER / f"painting.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    return st.components.v2.component(
        "glassbox_painting", html=html, css=palette_css(".painting") + css, js=f"{brush.SCRIPT}\n{script}"
    )
