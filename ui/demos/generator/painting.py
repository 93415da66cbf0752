"""Train on points of one's own: a sheet to paint them on. They travel in the config, so the address holds them too."""

from functools import partial
from pathlib import Path

import streamlit as st

from core import demos
from core.data import points
from core.demos.plane import cloud
from core.demos.plane.config import PlaneConfig
from core.errors import InvalidInputError
from core.knobs import Config, to_json
from ui.frame.component import Component, Told
from ui.frame.style import palette_css
from ui.frame.words import plain
from ui.widgets import brush
from ui.widgets.form import set_form

BROWSER = Path(__file__).parent / "browser"
KEY = "plane.painting"

_HTML, _CSS, _JS = ((BROWSER / f"painting.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
_PAINTING = Component("painting", html=_HTML, css=palette_css(".painting") + _CSS, js=f"{brush.SCRIPT}\n{_JS}")


def show(config: Config) -> bool:
    """The sheet, where a config asks for painted points; returns whether a run can start."""
    assert isinstance(config, PlaneConfig)
    if config.shape != "painted":
        return True
    painted = points.decode(config.painted)
    st.markdown("**Paint where points should be**")
    data = {"points": painted.tolist(), "maxPoints": points.MAX_POINTS}
    _PAINTING.show(key=KEY, data=data, told=[Told("painted", brush.parse_points, partial(_take, config))])
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


def _take(config: PlaneConfig, painted: points.Array) -> None:
    """What the browser has painted, into the form; the plane has no classes."""
    painted[:, 2] = 0
    set_form(demos.task("plane"), {**to_json(config), "painted": points.encode(painted)})
