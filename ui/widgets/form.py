"""A form made from a Config: one widget a knob, what matters first, the rest behind "More"; and its address.

The values live in a record of the session, not in the widgets, so they survive a change of page; every value that is
not the default stands in the address, so a link reproduces the form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import streamlit as st

from core.contract import Task, preset_of
from core.knobs import (
    PAGE_PARAMETERS,
    Choice,
    Config,
    Flag,
    Integer,
    Knob,
    Real,
    Reference,
    Settings,
    Several,
    from_json,
    from_text,
    knobs,
    relevant,
    to_json,
)
from ui.frame import address
from ui.frame.state import record
from ui.frame.words import plain

COLUMNS = 3
_MANTISSAS = (1, 1.5, 2, 3, 5, 7)


@dataclass
class Form:
    """The form of a demo as it was left."""

    config: Config | None = None
    notices: list[str] = field(default_factory=list)  # what was wrong in the address, or in what was put in
    version: int = 0  # counts how often the config came from elsewhere than the widgets; part of their keys
    parent: str | None = None  # run of which it is a clone


def config_form(task: Task) -> Config:
    """Draw the form of a demo and return what it says.

    Values from the address are taken when the page opens, and again when people go back or forward in their browser.
    """
    form = record(Form, task.name)
    if form.config is None or address.is_history():
        _take_address(task)
    place_of_presets, config = st.container(), form.config
    assert config is not None
    declared = knobs(task.Config)
    shown = _with_widgets(config)
    chosen: dict[str, Any] = {}
    _widgets(task, [name for name in shown if not declared[name].more], config, chosen)
    with st.expander("More", icon=":material/tune:"):
        _widgets(task, [name for name in shown if declared[name].more], config, chosen)
    changed = replace(config, **chosen)
    form.config = changed
    with place_of_presets:
        preset_picker(task)
    write_address(changed)
    if _with_widgets(changed) != shown:  # a choice made other knobs matter: draw them now
        st.rerun()
    return changed


def _with_widgets(config: Config) -> list[str]:
    """Names of the knobs that are drawn: what was uploaded is chosen where it is uploaded."""
    declared = knobs(type(config))
    return [name for name in relevant(config) if not isinstance(declared[name], Reference)]


def set_form(task: Task, values: Mapping[str, Any]) -> None:
    """Put saved values into the form of a demo; values that are not allowed any more are said and left out."""
    _put(task, *from_json(task.Config, values))


def change_form(task: Task, config: Config, **values: Any) -> NoReturn:
    """Draw the page again with these values in the form, beside those of a config."""
    set_form(task, {**to_json(config), **values})
    st.rerun()


def _put(task: Task, config: Config, notices: list[str]) -> None:
    form = record(Form, task.name)
    form.config, form.notices, form.version = config, notices, form.version + 1


def preset_picker(task: Task) -> None:
    """A selectbox of presets with the sentence of the chosen one; and what was wrong in the address, if anything."""
    form = record(Form, task.name)
    if form.notices:
        st.warning("  \n".join(plain(notice) for notice in form.notices), icon=":material/link_off:")
    assert form.config is not None
    names = [preset.name for preset in task.presets]
    preset = preset_of(task, form.config)
    matching = None if preset is None else preset.name
    labels = {preset.name: preset.label for preset in task.presets}

    version = form.version
    key = f"form.{task.name}.preset.{version}.{matching}"

    def take() -> None:
        name = st.session_state[key]
        if name in (None, matching) or version != form.version:
            return  # nobody picked it: a browser that has not heard yet that this selectbox is gone says what it said
        form.parent = None
        set_form(task, to_json(task.Config(**next(p for p in task.presets if p.name == name).values)))

    left, right = st.columns([1, 2], vertical_alignment="bottom")
    left.selectbox(
        "Preset",
        names,
        index=None if matching is None else names.index(matching),
        format_func=labels.__getitem__,
        placeholder="Your own settings",
        key=key,
        on_change=take,
    )
    right.caption("Your own settings. A preset starts over." if preset is None else preset.sentence)


def write_address(config: Settings) -> None:
    """Let the address name every knob that is not at its default, and no other knob."""
    defaults = to_json(type(config)())
    wanted = {name: _text(value) for name, value in to_json(config).items() if value != defaults[name]}
    others = [name for name in st.query_params if name not in PAGE_PARAMETERS and name not in wanted]
    address.write({**dict.fromkeys(others), **wanted})


def _take_address(task: Task) -> None:
    given = {name: value for name, value in st.query_params.items() if name not in PAGE_PARAMETERS}
    config, notices = from_text(task.Config, given)
    if config != record(Form, task.name).config:  # else the widgets say this already
        _put(task, config, notices)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _widgets(task: Task, names: list[str], config: Config, chosen: dict[str, Any]) -> None:
    declared = knobs(type(config))
    for start in range(0, len(names), COLUMNS):
        columns = st.columns(COLUMNS, gap="medium", vertical_alignment="bottom")
        for column, name in zip(columns, names[start : start + COLUMNS], strict=False):
            with column:
                key = f"knob.{task.name}.{name}.{record(Form, task.name).version}"
                chosen[name] = widget(declared[name], getattr(config, name), key)


def widget(knob: Knob, value: Any, key: str) -> Any:
    """The widget of one knob; returns what it says. A key that was drawn before keeps what it said then."""
    label = f"{knob.label} ({knob.unit})" if knob.unit else knob.label
    match knob:
        case Choice():
            options = list(knob.options)
            return st.selectbox(
                label,
                options,
                index=options.index(value),
                format_func=knob.options.__getitem__,
                help=knob.help,
                key=key,
            )
        case Several():
            chosen = value.split(",")
            names = st.multiselect(
                label,
                [*knob.options, *(name for name in chosen if name not in knob.options)],
                default=chosen,
                help=knob.help,
                accept_new_options=bool(knob.others),
                key=key,
            )
            wanted = knob.parse(",".join(names))
            if knob.allows(wanted):
                return wanted
            st.caption(f":red[Allowed is {plain(knob.allowed())}.]")
            return value
        case Flag():
            return st.toggle(label, value=value, help=knob.help, key=key)
        case Integer() if knob.choices:
            return st.select_slider(label, knob.choices, value=value, help=knob.help, key=key)
        case Integer() if knob.high - knob.low > 1000:
            return int(
                st.number_input(label, knob.low, knob.high, value=value, step=knob.step, help=knob.help, key=key)
            )
        case Integer():
            return st.slider(label, knob.low, knob.high, value=value, step=knob.step, help=knob.help, key=key)
        case Real() if knob.scale == "log":
            stops = log_stops(knob, value)
            return st.select_slider(label, stops, value=value, format_func=lambda v: f"{v:g}", help=knob.help, key=key)
        case Real():
            digits = len(f"{knob.step:f}".rstrip("0").partition(".")[2])
            return st.slider(
                label,
                knob.low,
                knob.high,
                value=float(value),
                step=knob.step,
                format=f"%.{digits}f",
                help=knob.help,
                key=key,
            )
    raise AssertionError(f"no widget for {type(knob).__name__}")


def log_stops(knob: Real, value: float) -> list[float]:
    """Round numbers over all orders of magnitude of a knob, and the present value."""
    stops = {value, knob.low, knob.high}
    for exponent in range(-12, 13):
        stops |= {s for m in _MANTISSAS if knob.low <= (s := float(f"{m}e{exponent}")) <= knob.high}
    return sorted(stops)
