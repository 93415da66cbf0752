"""The Foundations page: all places at a glance, or the one that the address names as `place=`."""

import streamlit as st

from ui.frame import address
from ui.frame.component import Component
from ui.frame.fragments import fragment
from ui.frame.services import run_of
from ui.frame.words import plain
from ui.lessons import (
    backprop,
    classical_comparison,
    families,
    gradient_flow,
    more_data,
    neuron,
    optimizer_race,
    overfitting,
    playground,
)
from ui.lessons.place import Place, ask, tell

PLACES: tuple[Place, ...] = (
    neuron.PLACE,
    backprop.PLACE,
    playground.PLACE,
    optimizer_race.PLACE,
    gradient_flow.PLACE,
    overfitting.PLACE,
    more_data.PLACE,
    classical_comparison.PLACE,
    families.PLACE,
)


def show() -> None:
    """Draw the page."""
    if "run" in st.query_params and "place" not in st.query_params:
        address.write({"place": _place_of_run(st.query_params["run"])})
    wanted = st.query_params.get("place")
    _to_the_top(wanted)
    places = {place.name: place for place in PLACES}
    if wanted in places:
        _show_place(places[wanted])
        return
    st.title("Foundations", anchor=False)
    st.markdown(":gray[From one neuron to a map of networks, with every number in sight.]")
    if wanted is not None:
        named = plain(f"There is no place “{wanted[:40]}” here; the places are {', '.join(places)}.")
        st.warning(named, icon=":material/link_off:")
    with st.grid(3, min_column_width=280, gap="medium"):
        for number, place in enumerate(PLACES, start=1):
            _card(number, place)


def _place_of_run(run_id: str) -> str:
    """A place that has runs is called as their demo; the last of them says what is wrong with any other run."""
    run = run_of(run_id)
    return run.task if run and run.task in {place.name for place in PLACES} else more_data.KEY


def _link(label: str, place: str | None, *, icon: str | None = None, key: str) -> None:
    """A way to a place, None: to all of them. A link to the page that is open would not change its address."""
    st.button(label, icon=icon, type="tertiary", on_click=_go, args=(place,), key=key)


def _go(place: str | None) -> None:
    address.replace({} if place is None else {"place": place})


def _card(number: int, place: Place) -> None:
    with st.container(border=True, height="stretch", key=f"foundations.card.{place.name}", gap="small"):
        st.markdown(f":gray[{number}]  \n#### {place.icon} {place.title}")
        st.markdown(place.sentence)
        st.space("stretch")
        _link(":primary[Open]", place.name, key=f"foundations.open.{place.name}")


def _show_place(place: Place) -> None:
    number = PLACES.index(place) + 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _link("Foundations", None, icon=":material/school:", key="foundations.all")
        st.markdown(f":gray[{number} of {len(PLACES)}]", width="content")
    st.title(place.title, anchor=False)
    st.markdown(f":gray[{place.sentence}]")
    fragment(_lesson)(place)
    st.divider()
    with st.container(horizontal=True):
        if number > 1:
            before = PLACES[number - 2]
            _link(before.title, before.name, icon=":material/arrow_back:", key="foundations.before")
        st.space("stretch")
        if number < len(PLACES):
            after = PLACES[number]
            _link(after.title, after.name, icon=":material/arrow_forward:", key="foundations.after")


def _lesson(place: Place) -> None:
    answer = ask(place)
    tell(place, answer, place.show())


_TOP = """
export default function ({ data, parentElement }) {
  const main = document.querySelector("[data-testid=stMain]");
  if (window.glassboxPlace !== data && window.glassboxPlace !== undefined) main?.scrollTo(0, 0);
  window.glassboxPlace = data;
}
"""

_TO_THE_TOP = Component("to_the_top", js=_TOP)


def _to_the_top(place: str | None) -> None:
    """The way to another place is at the end of a place; the next one has to begin at its beginning."""
    _TO_THE_TOP.show(key="foundations.top", data=place or "all")
