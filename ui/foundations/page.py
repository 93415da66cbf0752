"""The Foundations page: all places at a glance, or the one that the address names as `place=`."""

import streamlit as st

from ui.foundations import backprop, families, gradients, neuron, overfitting, playground, race
from ui.foundations.place import Place, ask, tell
from ui.links import page_path
from ui.words import plain

PLACES: tuple[Place, ...] = (
    neuron.PLACE,
    backprop.PLACE,
    playground.PLACE,
    race.PLACE,
    gradients.PLACE,
    overfitting.PLACE,
    families.PLACE,
)


def show() -> None:
    """Draw the page."""
    wanted = st.query_params.get("place")
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


def _link(place: Place, label: str, icon: str | None = None) -> None:
    st.page_link(page_path("foundations"), label=label, icon=icon, query_params={"place": place.name})


def _card(number: int, place: Place) -> None:
    with st.container(border=True, height="stretch", key=f"foundations.card.{place.name}", gap="small"):
        st.markdown(f":gray[{number}]  \n#### {place.icon} {place.title}")
        st.markdown(place.sentence)
        st.space("stretch")
        _link(place, ":primary[Open]")


def _show_place(place: Place) -> None:
    number = PLACES.index(place) + 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(page_path("foundations"), label="Foundations", icon=":material/school:", query_params={})
        st.markdown(f":gray[{number} of {len(PLACES)}]", width="content")
    st.title(place.title, anchor=False)
    st.markdown(f":gray[{place.sentence}]")
    st.fragment(_lesson)(place)
    st.divider()
    with st.container(horizontal=True):
        if number > 1:
            _link(PLACES[number - 2], PLACES[number - 2].title, ":material/arrow_back:")
        st.space("stretch")
        if number < len(PLACES):
            _link(PLACES[number], PLACES[number].title, ":material/arrow_forward:")


def _lesson(place: Place) -> None:
    answer = ask(place)
    tell(place, answer, place.show())
