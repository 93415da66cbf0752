"""The parts of page Home: the welcome, the demos, the queue and the machine."""

import importlib.metadata

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from core import settings
from core.data import registry
from core.data.pictures.sources import held_out_digits
from core.demo import Demo
from core.plots import pictures
from core.plots.words import number
from core.runs.records import Place, Run
from core.service.supervisor import default_max_running
from ui.frame import health
from ui.frame.demo_pages import run_link, with_page
from ui.frame.fragments import fragment
from ui.frame.links import page_path
from ui.frame.services import store
from ui.frame.style import is_dark
from ui.frame.words import STATES, plain, size
from ui.home import machine
from ui.runs.live import show_progress
from ui.runs.run_words import waiting

TICK_SECONDS = 2.0
IDLE_TICK_SECONDS = 10.0  # nothing runs: somebody may start something
MAX_SHOWN = 8  # runs of the queue
MOSAIC_ROWS = 5  # of ten digits each, in the picture beside the welcome
GAP = 6  # pixels of the 28×28 pictures
DENSITY = 4  # screen pixels for each of them


def welcome() -> None:
    """What this is in one look, and the first thing to do."""
    left, right = st.columns([5, 4], gap="large", vertical_alignment="center")
    with left:
        st.markdown(":primary[**Glassbox**] :gray[· a deep-learning studio]")
        st.title("Watch a network learn", anchor=False)
        st.markdown(
            "Draw a digit and see it read, stroke by stroke. Then turn the knobs, train a network of your own and "
            "watch it make sense of your handwriting. Everything runs on this machine; no internet is needed."
        )
        with st.container(horizontal=True):
            if st.button("Draw a digit", icon=":material/draw:", type="primary", key="home.draw"):
                st.switch_page(page_path("digits"), query_params={"view": "try"})
            if st.button("Train a network", icon=":material/tune:", key="home.train"):
                st.switch_page(page_path("digits"), query_params={"view": "train"})
            if st.button("How a network works", icon=":material/school:", key="home.foundations"):
                st.switch_page(page_path("foundations"))
    right.image(
        mosaic(dark=is_dark()),
        width="stretch",
        alt=f"The digits 0 to 9, each in {MOSAIC_ROWS} people's handwriting, from the MNIST data set.",
    )


@st.cache_data(max_entries=2, show_spinner=False)
def mosaic(*, dark: bool) -> Image.Image:
    """Real handwritten digits, a column for each of 0 to 9, in the page's own ink and paper."""
    images, labels = held_out_digits()
    columns = np.stack([images[labels == digit][:MOSAIC_ROWS] for digit in range(10)], axis=1)  # (rows, 10, 28, 28)
    half = GAP // 2
    tiles: npt.NDArray[np.float64] = np.pad(columns / 255, ((0, 0), (0, 0), (half, half), (half, half)))
    side = tiles.shape[-1]
    sheet = np.pad(tiles.transpose(0, 2, 1, 3).reshape(MOSAIC_ROWS * side, 10 * side), 2 * half)
    return pictures.picture(sheet, sheet.shape[1] * DENSITY, dark=dark)


def demo_cards() -> None:
    """A card for each demo that has a page: what it is, how good its release model is, one click to it."""
    st.subheader("Demos", anchor=False)
    shown = with_page().values()
    with st.grid(min(len(shown), 2), min_column_width=320, gap="medium"):
        for demo in shown:
            _card(demo)


def _card(demo: Demo) -> None:
    with st.container(border=True, key=f"home.demo.{demo.name}", gap="small", height="stretch"):
        st.markdown(f"#### {demo.icon} {demo.title}")
        st.markdown(demo.sentence)
        figure = release_figure(demo)
        if figure is not None:
            value, measured_on = figure
            st.markdown(f":small[:gray[Release model:] **{value}** :gray[of {measured_on}]]")
        with st.container(horizontal=True, gap="medium"):
            path = page_path(demo.name)
            st.page_link(path, label=":primary[Try it]", query_params={"view": "try"})
            st.page_link(path, label=":primary[Train it]", query_params={"view": "train"})


def release_figure(demo: Demo) -> tuple[str, str] | None:
    """The measured figure of a demo's release model and its set: ("99.62 %", "10,000 MNIST test images").

    Of several release models the best. None where the demo has none, or none that is compared.
    """
    select = demo.task.select
    headlines = [release.headline() for release in demo.releases.values() if select and release.is_here()]
    if select is None or not headlines:
        return None
    figure = max(headlines, key=lambda figure: figure[select])
    unit = next(metric.unit for metric in demo.task.metrics if metric.name == select)
    value = f"{figure[select]:.2f} %" if unit == "%" else number(figure[select], unit)
    return value, figure["set"]


def queue() -> None:
    """What runs and what waits, live."""
    st.subheader("Running now", anchor=False)
    is_idle = not _unfinished()
    fragment(_queue, run_every=IDLE_TICK_SECONDS if is_idle else TICK_SECONDS)(is_idle=is_idle)


def _unfinished() -> list[Run]:
    return store().find(states=["running", "queued"], sort="oldest")


def _queue(*, is_idle: bool) -> None:
    runs = _unfinished()
    if is_idle != (not runs):
        st.rerun(scope="app")  # look more often, or less
    if said := health.no_start():
        st.warning(plain(said), icon=":material/warning:")
    if not runs:
        st.markdown(f":gray[Nothing is running{'.' if said else ': whatever is started now begins at once.'}]")
        return
    places = store().places(max_running=default_max_running())
    running = [run for run in runs if run.state == "running"]
    queued = sorted((run for run in runs if run.id in places), key=lambda run: places[run.id].position)
    for run in [*running, *queued][:MAX_SHOWN]:
        _queued_run(run, places.get(run.id))
    if len(runs) > MAX_SHOWN:
        st.page_link(page_path("runs"), label=f"{len(runs) - MAX_SHOWN} more in Runs", icon=":material/timeline:")


def _queued_run(run: Run, place: Place | None) -> None:
    word, color, icon = STATES[run.state]
    with st.container(border=True, gap="xsmall", key=f"home.run.{run.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(run.title)}**", width="content")
            st.badge(word, icon=icon, color=color)  # type: ignore[arg-type]
            st.space("stretch")
            run_link(run, "Open")
        if place is not None:
            st.caption(waiting(place))
        else:
            show_progress(run)


@st.cache_data(ttl=5.0, max_entries=1, show_spinner=False)
def _cards() -> list[machine.GraphicsCard]:
    return machine.graphics_cards()


def this_machine() -> None:
    """Device, memory, threads, PyTorch, and where everything is kept."""
    st.subheader("This machine", anchor=False)
    facts = machine_facts(_cards(), machine.memory())
    with st.grid(2, min_column_width=200, gap="small"):
        for name, value in facts:
            st.markdown(f":small[:gray[{name}]]  \n{value}")
    home = settings.home()
    st.caption(
        f"Runs, models and data are kept in `{home}` ({size(machine.free_disk(home))} free on that disk). "
        f"Data sets that are here: {', '.join(data_sets())}; view Train of a demo gets the others."
    )


def data_sets() -> list[str]:
    """The published data sets on this machine, each name once."""
    known = (registry.find(name) for name in registry.names())
    return list(dict.fromkeys(one.label for one in known if one.citation and one.is_here()))


def machine_facts(cards: list[machine.GraphicsCard], memory: machine.Memory | None) -> list[tuple[str, str]]:
    """What networks are computed with here, as (name, value)."""
    threads = machine.num_threads()
    facts = [("Graphics card", f"{card.name}, {memory_words(card.memory)}") for card in cards]
    if not cards:
        facts.append(("Graphics card", "none; everything works on the processor"))
    facts.append(("Processor", f"{machine.processor()}, {threads} thread{'s' if threads > 1 else ''}"))
    if memory is not None:
        facts.append(("Memory", memory_words(memory)))
    facts.append(("PyTorch", importlib.metadata.version("torch")))
    return facts


def memory_words(memory: machine.Memory | None) -> str:
    """ "5.2 GB free of 8.3 GB"; None is a graphics card without memory of its own."""
    if memory is None:
        return "memory shared with the processor"
    return size(memory.total) if memory.free is None else f"{size(memory.free)} free of {size(memory.total)}"
