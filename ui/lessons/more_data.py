"""Place 7: more data. Accuracy over the number of examples, of a network and of classical methods, from own runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core import demos
from core.data import registry
from core.experiments.classical.config import PIXELS
from core.experiments.more_data.config import (
    NETWORK,
    NUM_SEEDS,
    Fit,
    MoreDataConfig,
    fits_a_seed,
    measuring,
    planned,
    sizes,
)
from core.experiments.more_data.curves import Curves, FitResult, Point, curves, measured, seconds_left
from core.knobs import Settings, knob, knobs
from core.plots.more_data import Line, learning_figure
from core.plots.words import joined, number
from core.runs.records import Run
from ui.frame import address
from ui.frame.errors import shown_errors
from ui.frame.links import page_path, run_query
from ui.frame.services import config_of, run_of, store
from ui.frame.style import is_dark
from ui.frame.words import duration
from ui.lessons.place import Place, Question, settings_of, turn
from ui.runs.live import RunParts, read_log, run_view
from ui.runs.start import start_run
from ui.widgets import data_panel
from ui.widgets.live_chart import live_chart

KEY = "more_data"
NAMES = {NETWORK: "Network", "logistic": "Logistic", "svm": "SVM", "forest": "Forest"}
GOAL = 90.0  # %
FASTEST = 1e-3  # s: what took less is drawn there


@dataclass(frozen=True)
class MoreDataSettings(Settings):
    """What is measured."""

    data: str = knob(knobs(MoreDataConfig)["data"], "mnist5k")


def show() -> Sequence[str]:
    """Draw the place; returns what was seen."""
    st.markdown(
        "The same pictures, more and more of them: the first 10 are one of each class. A **convolutional network** "
        "reads the pixels and has to find out by itself what to look for. **Logistic regression**, an **SVM** (support "
        "vector machine) and a **random forest** read the same pixels, and then **gradient histograms**: features made "
        "by people, which say where an edge runs in which direction."
    )
    run_id = st.query_params.get("run")
    if run_id is None:
        settings = settings_of(MoreDataSettings, KEY)
        settings = turn(KEY, settings, ["data"], columns=2)
        latest = _latest(settings.data)
        if latest is None or latest.state == "completed":
            return _form(settings.data, latest)
        run_id = latest.id
    view = RunParts(instead=_results, words=_words)
    run_view(demos.task(KEY), run_id, view)
    run = run_of(run_id, task=KEY)
    return [] if run is None or run.deleted_at is not None else _seen(run)


def _form(data: str, measured_before: Run | None) -> Sequence[str]:
    """The button that starts a measurement, and what the last one found."""
    if data_panel.show(MoreDataConfig(data=data)):
        _start_button(data, again=measured_before is not None)
    if measured_before is None:
        st.info(
            "Nothing is measured on these pictures yet. Start it: the curves grow here while it runs, and it goes on "
            "when this page is closed.",
            icon=":material/stacked_line_chart:",
        )
        return ["Nothing is measured yet: start the measurement above, then this says what it found."]
    _results(measured_before)
    st.page_link(
        page_path("foundations"),
        label=f"Measured in run {measured_before.id}",
        query_params={"place": KEY, **run_query(measured_before.id)},
        icon=":material/open_in_full:",
    )
    return _seen(measured_before)


def _latest(data: str) -> Run | None:
    """The run on that data that goes on, else the newest that is completed, else one that can be resumed."""
    runs = [run for run in store().find(task=KEY) if config_of(run).data == data]
    for states in (("running", "queued"), ("completed",), ("stopped",)):
        if found := [run for run in runs if run.state in states]:
            return found[0]
    return None


def _start_button(data: str, *, again: bool) -> None:
    config = measuring(data)
    label = "Measure again" if again else "Measure"
    st.caption(
        f"{config.epochs} fits: {len(sizes(registry.find(data).sizes[0]))} numbers of examples, {NUM_SEEDS} seeds, on "
        "one processor thread. 3,500 digits take one to three minutes, 55,000 pictures much longer. It can be stopped "
        "after each fit and goes on from there."
    )
    kind = "secondary" if again else "primary"
    if st.button(label, icon=":material/play_arrow:", type=kind, key="more_data.start"):  # type: ignore[arg-type]
        with shown_errors():
            run = start_run(demos.task(KEY), config)
            address.replace({"place": KEY, **run_query(run.id)})
            st.rerun(scope="app")


def _measured(run: Run) -> list[FitResult]:
    return measured(config_of(run), read_log(run).events)


def _words(run: Run) -> str:
    """ "Seed 2 of 3: SVM on pixels, 300 examples · 64 of 126 fitted · 40 s left"."""
    config, found = config_of(run), _measured(run)
    if len(found) >= config.epochs:
        return f"{config.epochs} of {config.epochs} fitted"
    fit, left = planned(config, len(found)), seconds_left(config, found)
    wait = "" if left is None else f" · about {duration(left)} left"
    seeds = -(-config.epochs // fits_a_seed(config))
    return (
        f"Seed {len(found) // fits_a_seed(config) + 1} of {seeds}: {fit.label}, {fit.examples:,} examples · "
        f"{len(found)} of {config.epochs} fitted{wait}"
    )


def _results(shown: Run) -> None:
    """Accuracy above, time below; the pixels left, the gradient histograms right, each beside the same network."""
    run = store().get(shown.id)
    found, config = _measured(run), config_of(run)
    if not found:
        st.caption("The curves begin with the first fit, in a few seconds.")
        return
    all_curves = curves(found)
    points = [point for line in all_curves.values() for point in line]
    lowest = 10 * (min(point.low for point in points) // 10)
    times = [max(point.seconds, FASTEST) for point in points]
    for title, log, span in (
        (f"Accuracy on the {_test_set(config)}", False, (lowest, 100.0)),
        ("Time to train", True, (min(times) / 2, max(times) * 2)),
    ):
        st.markdown(f"**{title}**")
        for column, features in zip(st.columns(2, gap="large"), PIXELS, strict=True):
            with column:
                st.caption(f"The network, and the other methods on {PIXELS[features].lower()}")
                lines = _lines(all_curves, features, seconds=log)
                figure = learning_figure(
                    lines, most=registry.find(config.data).sizes[0], span=span, log=log, unit="s" if log else "%",
                    dark=is_dark(), uirevision=run.id,
                )  # fmt: skip
                live_chart(figure, key=f"more_data.{features}.{log}", alt=_alt(title, lines, "s" if log else "%"))
    seeds = max(point.num_seeds for point in points)
    st.caption(
        f"Lines are means over {seeds} seed{'s' if seeds > 1 else ''}, bands reach from the lowest to the highest. "
        "Every seed draws other examples; all methods get the same ones, as they are. The network is the default one "
        "of page Digits, 150 steps or three passes, without augmentation. Nothing was chosen by the test images. The "
        "time includes the computing of features; one processor thread."
        + (f" The SVM gets at most {config.svm_examples:,} examples." if _is_capped(config) else "")
    )


def _is_capped(config: MoreDataConfig) -> bool:
    return config.svm_examples < registry.find(config.data).sizes[0]


def _test_set(config: MoreDataConfig) -> str:
    data = registry.find(config.data)
    return f"{data.sizes[2]:,} {data.label} test images"


def _lines(found: Curves, features: str, *, seconds: bool) -> list[Line]:
    def line(method: str, points: list[Point]) -> Line:
        values = [max(point.seconds, FASTEST) if seconds else point.mean for point in points]
        low, high = (values, values) if seconds else ([p.low for p in points], [p.high for p in points])
        return Line(NAMES[method], tuple(p.examples for p in points), tuple(values), tuple(low), tuple(high))

    chosen = [(NETWORK, "pixels"), *((method, features) for method in NAMES if method != NETWORK)]
    return [line(method, found[method, read]) for method, read in chosen]


def _alt(title: str, lines: list[Line], unit: str) -> str:
    ends = [
        f"{line.name} {number(line.values[0], unit)} at {line.examples[0]:,} and {number(line.values[-1], unit)} at "
        f"{line.examples[-1]:,} examples"
        for line in lines
        if line.examples
    ]
    return f"{title}: {'; '.join(ends)}."


def _seen(run: Run) -> list[str]:
    """What a run found, in words with its figures."""
    found, config = curves(_measured(run)), config_of(run)
    if not found[NETWORK, "pixels"]:
        return ["The first fits are under way: then this says what they found."]
    labels = {key: Fit(*key, examples=0, seed=0).label for key in found}
    return [
        _few(found, labels, config),
        _all(found, labels),
        _goal(found, labels),
    ]


def _at(found: Curves, examples: int) -> dict[tuple[str, str], Point]:
    return {key: point for key, line in found.items() for point in line if point.examples == examples}


def _few(found: Curves, labels: dict[tuple[str, str], str], config: MoreDataConfig) -> str:
    fewest = found[NETWORK, "pixels"][0].examples
    at = _at(found, fewest)
    best = max(at, key=lambda key: at[key].mean)
    network = at[NETWORK, "pixels"]
    rest = "" if best[0] == NETWORK else f" The network reaches {number(network.mean, '%')} {_range(network)}."
    return (
        f"From **{fewest} examples**, {labels[best]} is best: {number(at[best].mean, '%')} of the {_test_set(config)} "
        f"{_range(at[best])}.{rest}"
    )


def _range(point: Point) -> str:
    if point.num_seeds == 1:
        return "(one seed)"
    return f"({point.low:.1f} to {number(point.high, '%')} over {point.num_seeds} seeds)"


def _all(found: Curves, labels: dict[tuple[str, str], str]) -> str:
    most = found[NETWORK, "pixels"][-1]
    at = _at(found, most.examples)
    others = {key: point for key, point in at.items() if key[0] != NETWORK}
    best = max(others, key=lambda key: others[key].mean)
    return (
        f"From **{most.examples:,} examples**, the network reaches {number(most.mean, '%')} {_range(most)} after "
        f"{_took(most)} of training, {labels[best]} {number(others[best].mean, '%')} {_range(others[best])} "
        f"after {_took(others[best])}."
    )


def _took(point: Point) -> str:
    """ "0.120 s", "12.3 s", "3 min 20 s"."""
    return number(point.seconds, "s") if point.seconds < 100 else duration(point.seconds)


def _goal(found: Curves, labels: dict[tuple[str, str], str]) -> str:
    """From how many examples on each method is right nine times of ten."""
    first = {
        key: next((point.examples for point in line if point.mean >= GOAL), None) for key, line in found.items() if line
    }
    arrived: dict[int, list[str]] = {}
    for key, examples in first.items():
        if examples is not None:
            arrived.setdefault(examples, []).append(labels[key] if key[0] == NETWORK else _inside(labels[key]))
    if not arrived:
        return f"No method has come to {GOAL:.0f} % yet."
    words = [f"{joined(arrived[examples])} from {examples:,} examples on" for examples in sorted(arrived)]
    never = [_inside(labels[key]) for key, examples in first.items() if examples is None]
    rest = f" Not yet there: {joined(never)}." if never else ""
    said = f"{'; '.join(words)}."
    return f"**{GOAL:.0f} % right**: {said}{rest}"


def _inside(label: str) -> str:
    """A label in the middle of a sentence; "SVM" stays as it is."""
    return label if label.startswith("SVM") else label[0].lower() + label[1:]


PLACE = Place(
    name=KEY,
    title="More data",
    icon=":material/stacked_line_chart:",
    sentence="From 10 examples to all: how much a network gains, and how much the older methods.",
    question=Question(
        text="How many handwritten digits must a network have seen before it reads about nine of ten new ones right?",
        answers=("About 100", "About 1,000", "About 10,000"),
        right="About 100",
        because="Ten of each digit already show it which strokes matter. But the step from 90 to 99 of 100 takes many "
        "more: every further gain costs several times as many examples.",
    ),
    show=show,
)
