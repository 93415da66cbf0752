"""Place 4: the optimizer race, on a loss surface and on digits."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core import demos
from core.lessons.optimizer_race.figures import OPTIMIZERS, RATES, SURFACES, Line, Path, RaceSettings, losses, paths
from core.lessons.optimizer_race.training import BATCH, HIDDEN, NUM_DIGITS, RaceConfig
from core.plots.optimizer_race import digits_figure, race_figure
from core.plots.template import CONFIG
from core.runs.records import Run
from ui.frame.style import is_dark
from ui.lessons.place import Place, Question, keep, settings_of, turn
from ui.lessons.trained_place import config_of_run, trained
from ui.runs.live import read_log
from ui.widgets.live_chart import live_chart

KEY = "race"
TASK = demos.task(KEY)
NEAR = 0.01  # loss above the minimum that counts as arrived
GOAL = 0.5  # loss on digits


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
        f"A small network (196-{HIDDEN}-10) learns {NUM_DIGITS:,} digits: three optimizers, four learning rates, the "
        f"same first weights and the same batches of {BATCH} for all twelve."
    )
    invitation = "Which rate is best for which optimizer? The twelve networks learn side by side for a few seconds."
    config = config_of_run(TASK) or RaceConfig()
    run = trained(TASK, config, _curves, invitation=invitation, label="Train the twelve networks")
    if run is None or run.state != "completed":
        return []
    return [_best(name, runs) for name, runs in losses(read_log(run).events).items()]


def _curves(run: Run) -> None:
    found = losses(read_log(run).events)
    for column, (name, runs) in zip(st.columns(3, gap="medium"), found.items(), strict=True):
        with column:
            sentence = _best(name, runs)
            st.markdown(f"**{OPTIMIZERS[name]}**")
            live_chart(digits_figure(runs, dark=is_dark()), key=f"race.digits.{name}", alt=sentence)
            st.caption(sentence)
    st.caption(
        f"Loss of the {NUM_DIGITS:,} training digits, logarithmic; the learning rate stands at the end of each line."
    )


def _best(name: str, runs: dict[float, Line]) -> str:
    def arrived(rate: float) -> int | None:
        return next((step for step, loss in runs[rate] if loss <= GOAL), None)

    times = {rate: step for rate in RATES if (step := arrived(rate)) is not None}
    if not times:
        last = max((step for line in runs.values() for step, _ in line), default=0)
        return f"{OPTIMIZERS[name]}: no rate brings the loss below {GOAL} within {last} steps."
    best = min(times, key=lambda rate: times[rate])
    first = f"{OPTIMIZERS[name]}: rate {best:g} is first below {GOAL}, by step {times[best]}."
    return f"{first} {len(times)} of 4 rates get there."


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
