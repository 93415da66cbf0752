"""Place 4: the optimizer race, on a loss surface and on digits."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.foundations.race import (
    DIGIT_RATES,
    DIGIT_STEPS,
    OPTIMIZERS,
    SURFACES,
    Path,
    RaceSettings,
    digit_race,
    paths,
)
from core.plots.race import digits_figure, race_figure
from core.plots.template import CONFIG
from ui.foundations.digits import small_digits
from ui.foundations.place import Place, Question, keep, settings_of, turn
from ui.live_chart import live_chart
from ui.style import is_dark

KEY = "race"
NEAR = 0.01  # loss above the minimum that counts as arrived
GOAL = 0.5  # loss on digits
NUM_DIGITS = 500


def show() -> Sequence[str]:
    """Draw the place; returns what was seen."""
    st.markdown(
        "Learning is walking downhill on the **loss surface**: every place is a setting of the weights, its height is "
        "the loss. **SGD** steps against the gradient. **Momentum** keeps rolling in the direction it came from. "
        "**Adam** gives every weight its own step size. The **learning rate** is how far a step goes."
    )
    settings = settings_of(RaceSettings, KEY)
    settings = turn(KEY, settings, ["surface", "steps"], columns=2)
    settings = turn(KEY, settings, list(OPTIMIZERS))
    with st.container(horizontal=True):
        wild = replace(settings, sgd=1.0, momentum=1.0, adam=1.0)
        st.button("All rates 1", on_click=keep, args=(KEY, wild), key="race.wild")
        st.button("Start over", on_click=keep, args=(KEY, RaceSettings(surface=settings.surface)), key="race.reset")
    found = paths(settings)
    sentences = [_arrival(name, path, settings) for name, path in found.items()]
    figure = race_figure(settings.surface, found, steps=settings.steps, dark=is_dark())
    st.plotly_chart(figure, theme=None, config=CONFIG, key="race.surface", alt=" ".join(sentences))
    st.caption(" ".join(sentences))
    return [*sentences, *_digits()]


def _arrival(name: str, path: Path, settings: RaceSettings) -> str:
    on = SURFACES[settings.surface]
    lowest = min(float(on.value(*place)) for place in on.lowest)
    label = OPTIMIZERS[name]
    if path.diverged:
        return f"**{label}** flew off after {len(path.places) - 1} steps: its rate is too large here."
    arrived = path.steps_to(lowest + NEAR)
    if arrived is not None:
        return f"**{label}** first comes within {NEAR} of the lowest loss at step {arrived}."
    return f"**{label}** is still {path.losses[-1] - lowest:.3f} above the lowest loss after {settings.steps} steps."


def _digits() -> list[str]:
    st.subheader("The same race on digits", anchor=False)
    st.markdown(
        f"A small network (196-32-10) learns {NUM_DIGITS:,} digits: three optimizers, four learning rates, the same "
        "first weights and the same batches of 32 for all twelve."
    )
    if not st.toggle("Run the twelve trainings", key="race.digits", persist_state="session"):
        return []
    found = _digit_race(0)
    sentences = []
    for column, (name, runs) in zip(st.columns(3, gap="medium"), found.items(), strict=True):
        with column:
            sentence = _best(name, runs)
            st.markdown(f"**{OPTIMIZERS[name]}**")
            live_chart(digits_figure(runs, dark=is_dark()), key=f"race.digits.{name}", alt=sentence)
            st.caption(sentence)
            sentences.append(sentence)
    st.caption(
        f"Loss of the {NUM_DIGITS:,} training digits, logarithmic; the learning rate stands at the end of each line."
    )
    return sentences


def _best(name: str, runs: dict[float, tuple[float, ...]]) -> str:
    def arrived(rate: float) -> int | None:
        return next((10 * at for at, loss in enumerate(runs[rate]) if loss <= GOAL), None)

    times = {rate: step for rate in DIGIT_RATES if (step := arrived(rate)) is not None}
    if not times:
        return f"{OPTIMIZERS[name]}: no rate brings the loss below {GOAL} within {DIGIT_STEPS} steps."
    best = min(times, key=lambda rate: times[rate])
    first = f"{OPTIMIZERS[name]}: rate {best:g} is first below {GOAL}, by step {times[best]}."
    return f"{first} {len(times)} of 4 rates get there."


@st.cache_data(max_entries=4, show_spinner="Twelve short trainings …")
def _digit_race(seed: int) -> dict[str, dict[float, tuple[float, ...]]]:
    inputs, targets = small_digits().train
    return digit_race(inputs[:NUM_DIGITS], targets[:NUM_DIGITS], seed=seed)


PLACE = Place(
    name=KEY,
    title="Optimizer race",
    icon=":material/flag:",
    sentence="SGD, momentum and Adam from the same start: who gets where in how many steps.",
    question=Question(
        text="In a narrow valley, all three with rate 0.1: who is near the bottom first?",
        answers=("SGD", "Momentum", "Adam"),
        right="Momentum",
        because="SGD creeps, because along the valley the gradient is tiny. Momentum adds those tiny gradients up. "
        "Adam walks with even steps of about its rate, whatever the gradient.",
    ),
    show=show,
)
