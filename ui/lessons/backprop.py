"""Place 2: one step of learning, one sub-step at a time, forwards and backwards, checked against autograd."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from core.errors import InvalidInputError
from core.knobs import knobs
from core.lessons.backprop import NUM_STEPS, PARAMETERS, StepSettings, after, autograd, numbers
from core.lessons.backprop_substeps import Trace, trace
from core.plots.backprop import step_diagram, step_sentence
from core.plots.neuron import signed
from ui.frame.errors import shown_errors
from ui.frame.state import record
from ui.lessons.place import Place, Question, hold, keep, settings_of, turn, version
from ui.widgets.diagram import diagram

KEY = "step"
PHASES = {
    "start": "Start",
    "forward": "Forward: from the inputs to the answer",
    "loss": "Loss: how wrong is it?",
    "backward": "Backward: who is to blame?",
    "update": "Update: a little better",
}


@dataclass
class _Losses:
    """Of the steps before the one that is shown."""

    before: list[float] = field(default_factory=list)


def show() -> Sequence[str]:
    """Draw the place; returns what was seen."""
    settings = settings_of(StepSettings, KEY)
    settings = turn(KEY, settings, ["activation", "loss", "learning_rate"])
    settings = turn(KEY, settings, ["x1", "x2", "target"])
    settings = _weights(settings)
    steps = None
    with shown_errors(InvalidInputError):
        steps = trace(settings)
    if steps is None:
        return []
    _controls(settings)
    left, right = st.columns([6, 5], gap="large")
    with left:
        sentence = step_sentence(steps, settings.step)
        diagram(step_diagram(steps, settings.step), key="step.diagram", alt=sentence)
        st.caption("In the circles: outputs and, below, sums z. Blue: what this sub-step is about. Orange: gradients.")
    with right:
        _sub_step(steps, settings.step)
    _check(settings, steps)
    return _seen(settings, steps)


def _weights(settings: StepSettings) -> StepSettings:
    with st.expander("Weights: change any of them", icon=":material/edit:"):
        chosen: dict[str, Any] = {}
        declared = knobs(StepSettings)
        rows = [[f"w{j}1", f"w{j}2", f"b{j}", f"v{j}"] for j in (1, 2, 3)] + [["c"]]
        for row in rows:
            for column, name in zip(st.columns(4, gap="small"), row, strict=False):
                chosen[name] = column.number_input(
                    name, -10.0, 10.0, float(getattr(settings, name)), 0.1, "%.4g",
                    help=declared[name].help, key=f"{KEY}.{name}.{version(KEY)}",
                )  # fmt: skip
        st.button("Back to the first weights", on_click=_reset, key="step.reset")
    changed = replace(settings, **chosen)
    hold(KEY, changed)
    return changed


def _reset() -> None:
    record(_Losses).before.clear()
    keep(KEY, StepSettings())


def _controls(settings: StepSettings) -> None:
    step = settings.step
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _button("First", "first_page", settings, 0, disabled=step == 0)
        _button("Back", "arrow_back", settings, max(step - 1, 0), disabled=step == 0)
        _button("Next", "arrow_forward", settings, min(step + 1, NUM_STEPS), disabled=step == NUM_STEPS, primary=True)
        _button("Last", "last_page", settings, NUM_STEPS, disabled=step == NUM_STEPS)
        st.button(
            "Learn again from here",
            icon=":material/replay:",
            disabled=step < NUM_STEPS,
            on_click=_again,
            args=(settings,),
            key="step.again",
            help="Take the new weights as the weights, and start another step with the same example.",
        )
    st.progress(step / NUM_STEPS, f"Sub-step {step} of {NUM_STEPS}")


def _button(label: str, icon: str, settings: StepSettings, step: int, *, disabled: bool, primary: bool = False) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        type="primary" if primary else "secondary",
        disabled=disabled,
        on_click=keep,
        args=(KEY, replace(settings, step=step)),
        key=f"step.{label.lower()}",
    )


def _again(settings: StepSettings) -> None:
    record(_Losses).before.append(numbers(settings)["L"])
    changed: dict[str, Any] = {"step": 0, **after(settings)}
    keep(KEY, replace(settings, **changed))


def _sub_step(steps: Trace, step: int) -> None:
    now = steps.steps[step]
    with st.container(border=True):
        st.markdown(f":gray[{PHASES[now.phase]}]  \n#### {now.title}")
        st.markdown(now.words)
        for formula in _aligned(now.formulas):
            st.latex(formula)


def _aligned(formulas: Sequence[str]) -> list[str]:
    """Each formula with its steps under each other, so that it fits a phone."""
    whole: list[str] = []
    for formula in formulas:
        if formula.startswith("= "):
            whole[-1] += f" {formula}"
        else:
            whole.append(formula)
    whole = [re.sub(r"= \((-[\d.]+)\)$", r"= \1", formula) for formula in whole]  # a result needs no brackets
    steps = [r" \\[0.4em] &= ".join(formula.split(" = ")).replace(r" \\[0.4em] &=", " &=", 1) for formula in whole]
    return [rf"\begin{{aligned}} {formula} \end{{aligned}}" for formula in steps]


def _check(settings: StepSettings, steps: Trace) -> None:
    reference = autograd(settings)
    ours = {"L": steps.values["L"], **{f"d{name}": steps.values[f"d{name}"] for name in PARAMETERS}}
    largest = max(abs(ours[name] - reference[name]) for name in ours)
    st.caption(
        f":material/verified: Loss and all 13 gradients were also computed by PyTorch's autograd: the largest "
        f"difference is {largest:.1e}."
    )
    known = steps.known(settings.step)
    with st.expander("All numbers beside autograd's", icon=":material/table_chart:"):
        rows = [
            {
                "Weight": name,
                "Value": signed(steps.values[name], 4),
                "Gradient": signed(steps.values[f"d{name}"], 6) if f"d{name}" in known else "not yet",
                "Autograd": signed(reference[f"d{name}"], 6),
                "New value": signed(steps.values[f"new_{name}"], 4) if f"new_{name}" in known else "not yet",
            }
            for name in PARAMETERS
        ]
        st.table(rows)


def _seen(settings: StepSettings, steps: Trace) -> list[str]:
    values = steps.values
    if settings.step < NUM_STEPS:
        return ["Go to the last sub-step: there you see whether the step helped."]
    losses = [*record(_Losses).before, values["L"], values["new_L"]]
    so_far = f" Your losses so far: {', '.join(f'{loss:.4f}' for loss in losses)}." if len(losses) > 2 else ""
    return [
        f"One step with learning rate {settings.learning_rate:g} moved the answer from {values['y']:.4f} to "
        f"{values['new_y']:.4f} (target {settings.target:g}) and the loss from {values['L']:.4f} to "
        f"{values['new_L']:.4f}.{so_far}"
    ]


PLACE = Place(
    name=KEY,
    title="One step of learning",
    icon=":material/footprint:",
    sentence="Forward, loss, backward, update: every number of one step, and the chain rule that made it.",
    question=Question(
        text="The answer was too small. After one step on this example, which weights have changed?",
        answers=("Only those of the output", "Only one", "All that had a part in it"),
        right="All that had a part in it",
        because="Backpropagation gives every weight its own gradient in a single pass. A weight stays as it is only "
        "where its gradient is 0: an input of 0, or a neuron that is switched off.",
    ),
    show=show,
)
