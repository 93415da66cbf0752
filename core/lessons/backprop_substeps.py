"""One step of learning as a story: every sub-step with its numbers and the rule that made them, in LaTeX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.lessons.backprop import HIDDEN, INPUTS, PARAMETERS, StepSettings, numbers

Phase = Literal["start", "forward", "loss", "backward", "update"]


@dataclass(frozen=True)
class SubStep:
    """One sub-step: what it makes, and how."""

    phase: Phase
    title: str
    words: str
    formulas: tuple[str, ...]  # LaTeX, with the numbers in them
    makes: tuple[str, ...] = ()  # names in `Trace.values` that are known from here on
    focus: tuple[str, ...] = ()  # neurons and connections that it is about: "h1", "x1-h1"


@dataclass(frozen=True)
class Trace:
    """A whole step of learning. Gradients are named "d" and what they are the derivative by: "dw11" is ∂L/∂w11."""

    values: dict[str, float]
    steps: tuple[SubStep, ...]  # NUM_STEPS + 1, the first is the start

    def known(self, step: int) -> set[str]:
        """Names of all values that are known after so many sub-steps."""
        return {name for sub_step in self.steps[: step + 1] for name in sub_step.makes}


def trace(settings: StepSettings) -> Trace:
    """The step that these settings describe.

    Raises:
        InvalidInputError: the output rounds to exactly 0 or 1, where cross-entropy has no value.
    """
    values = numbers(settings)
    return Trace(values, tuple(_sub_steps(settings, values)))


def _f(value: float) -> str:
    """A number inside a formula; negative ones in brackets."""
    text = f"{value:.4f}"
    return rf"({text})" if value < 0 else text


def _sub_steps(settings: StepSettings, n: dict[str, float]) -> list[SubStep]:
    bend = {"sigmoid": r"\sigma", "tanh": r"\tanh", "relu": r"\operatorname{ReLU}"}[settings.activation]
    return [
        _start(),
        *_forward_steps(n, bend),
        *_loss_steps(settings, n),
        *_backward_steps(settings, n),
        *_updates(settings, n),
    ]


def _start() -> SubStep:
    words = (
        "An example comes in: two numbers and the **target**, the answer that would be right. All weights are as they "
        "are. Press **Next**: the network computes its answer, sees how wrong it is, and changes every weight a little."
    )
    return SubStep("start", "Before the step", words, (), makes=("x1", "x2", "t"), focus=("x1", "x2"))


def _forward_steps(n: dict[str, float], bend: str) -> list[SubStep]:
    steps = []
    for j in HIDDEN:
        edges = (f"x1-h{j}", f"x2-h{j}", f"h{j}")
        total = (
            rf"z_{j} = w_{{{j}1}} x_1 + w_{{{j}2}} x_2 + b_{j}",
            rf"= {_f(n[f'w{j}1'])} \cdot {_f(n['x1'])} + {_f(n[f'w{j}2'])} \cdot {_f(n['x2'])} + {_f(n[f'b{j}'])}"
            rf" = {_f(n[f'z{j}'])}",
        )
        words = "Multiply each input by its weight, add up, add the bias: the **weighted sum** z."
        steps.append(SubStep("forward", f"Hidden neuron {j}: the sum", words, total, (f"z{j}",), edges))
        out = (rf"h_{j} = {bend}(z_{j}) = {bend}({n[f'z{j}']:.4f}) = {_f(n[f'h{j}'])}",)
        words = "Bend the sum with the activation function: the neuron's output h."
        steps.append(SubStep("forward", f"Hidden neuron {j}: the output", words, out, (f"h{j}",), (f"h{j}",)))
    products = " + ".join(rf"{_f(n[f'v{j}'])} \cdot {_f(n[f'h{j}'])}" for j in HIDDEN)
    total = (r"z = v_1 h_1 + v_2 h_2 + v_3 h_3 + c", rf"= {products} + {_f(n['c'])} = {_f(n['z'])}")
    words = "The same again, with the hidden outputs as inputs."
    steps.append(SubStep("forward", "Output: the sum", words, total, ("z",), ("h1-y", "h2-y", "h3-y", "y")))
    out = (rf"y = \sigma(z) = \frac{{1}}{{1 + e^{{-z}}}} = {_f(n['y'])}",)
    words = "A sigmoid turns the sum into a number between 0 and 1: the network's answer."
    steps.append(SubStep("forward", "Output: the answer", words, out, ("y",), ("y",)))
    return steps


def _loss_steps(settings: StepSettings, n: dict[str, float]) -> list[SubStep]:
    y, t = n["y"], n["t"]
    if settings.loss == "mse":
        formulas: tuple[str, ...] = (rf"L = (y - t)^2 = ({y:.4f} - {t:.4f})^2 = {_f(n['L'])}",)
        words = "How wrong is it? The **squared error**: 0 where the answer is right, and it grows ever faster."
    else:
        formulas = (
            r"L = -t \ln y - (1 - t) \ln(1 - y)",
            rf"= -{t:.4f} \cdot \ln {y:.4f} - {1 - t:.4f} \cdot \ln {1 - y:.4f} = {_f(n['L'])}",
        )
        words = (
            "How wrong is it? **Cross-entropy**: small if the right answer got much probability, huge if it got none."
        )
    return [SubStep("loss", "The loss", words, formulas, ("L",), ("y", "L"))]


def _backward_steps(settings: StepSettings, n: dict[str, float]) -> list[SubStep]:
    y, t = n["y"], n["t"]
    if settings.loss == "mse":
        start: tuple[str, ...] = (
            rf"\frac{{\partial L}}{{\partial y}} = 2 (y - t) = 2 ({y:.4f} - {t:.4f}) = {_f(n['dy'])}",
        )
    else:
        start = (
            rf"\frac{{\partial L}}{{\partial y}} = \frac{{y - t}}{{y (1 - y)}} = "
            rf"\frac{{{y - t:.4f}}}{{{y * (1 - y):.4f}}} = {_f(n['dy'])}",
        )
    words = (
        "Now backwards. The **gradient** ∂L/∂y says how the loss moves when y moves a little: the sign says where to, "
        "the size how much."
    )
    steps = [SubStep("backward", "How the loss depends on the answer", words, start, ("dy",), ("y", "L"))]
    chain = (
        r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial y} \cdot \frac{\partial y}{\partial z}"
        r" = \frac{\partial L}{\partial y} \cdot y (1 - y)",
        rf"= {_f(n['dy'])} \cdot {_f(y * (1 - y))} = {_f(n['dz'])}",
    )
    words = "Through the sigmoid with the **chain rule**: multiply by the slope of what lies between."
    steps.append(SubStep("backward", "Through the output's activation", words, chain, ("dz",), ("y",)))
    weights = [
        rf"\frac{{\partial L}}{{\partial v_{j}}} = \frac{{\partial L}}{{\partial z}} \cdot h_{j} = {_f(n['dz'])} \cdot "
        rf"{_f(n[f'h{j}'])} = {_f(n[f'dv{j}'])}"
        for j in HIDDEN
    ]
    weights.append(rf"\frac{{\partial L}}{{\partial c}} = \frac{{\partial L}}{{\partial z}} = {_f(n['dc'])}")
    words = "A weight counts as much as what came through it: the gradient times the output of its hidden neuron."
    made = ("dv1", "dv2", "dv3", "dc")
    steps.append(
        SubStep("backward", "The output's weights", words, tuple(weights), made, ("h1-y", "h2-y", "h3-y", "y"))
    )
    back = tuple(
        rf"\frac{{\partial L}}{{\partial h_{j}}} = \frac{{\partial L}}{{\partial z}} \cdot v_{j} = {_f(n['dz'])} \cdot "
        rf"{_f(n[f'v{j}'])} = {_f(n[f'dh{j}'])}"
        for j in HIDDEN
    )
    words = "Send the blame back along the same weights: this is why it is called **backpropagation**."
    focus = ("h1-y", "h2-y", "h3-y", "h1", "h2", "h3")
    steps.append(SubStep("backward", "Back to the hidden neurons", words, back, ("dh1", "dh2", "dh3"), focus))
    through = tuple(
        rf"\frac{{\partial L}}{{\partial z_{j}}} = \frac{{\partial L}}{{\partial h_{j}}} \cdot {_slope(settings, j)} = "
        rf"{_f(n[f'dh{j}'])} \cdot {_f(n[f'slope{j}'])} = {_f(n[f'dz{j}'])}"
        for j in HIDDEN
    )
    words = (
        "Through the hidden activations: times their slopes. A saturated neuron has a slope of nearly 0 and stops it."
    )
    steps.append(
        SubStep("backward", "Through the hidden activations", words, through, ("dz1", "dz2", "dz3"), ("h1", "h2", "h3"))
    )
    return [*steps, *(_hidden_gradients(n, j) for j in HIDDEN)]


def _slope(settings: StepSettings, j: int) -> str:
    return {
        "sigmoid": f"h_{j} (1 - h_{j})",
        "tanh": f"(1 - h_{j}^2)",
        "relu": rf"[z_{j} > 0]",
    }[settings.activation]


def _hidden_gradients(n: dict[str, float], j: int) -> SubStep:
    formulas = (
        *tuple(
            rf"\frac{{\partial L}}{{\partial w_{{{j}{i}}}}} = \frac{{\partial L}}{{\partial z_{j}}} \cdot x_{i} = "
            rf"{_f(n[f'dz{j}'])} \cdot {_f(n[f'x{i}'])} = {_f(n[f'dw{j}{i}'])}"
            for i in INPUTS
        ),
        rf"\frac{{\partial L}}{{\partial b_{j}}} = \frac{{\partial L}}{{\partial z_{j}}} = {_f(n[f'db{j}'])}",
    )
    words = "Again the gradient of the sum times what came in."
    made, focus = (f"dw{j}1", f"dw{j}2", f"db{j}"), (f"x1-h{j}", f"x2-h{j}", f"h{j}")
    return SubStep("backward", f"Weights of hidden neuron {j}", words, formulas, made, focus)


def _updates(settings: StepSettings, n: dict[str, float]) -> list[SubStep]:
    rate = settings.learning_rate

    def update(name: str, written: str) -> str:
        return rf"{written} \leftarrow {_f(n[name])} - {rate:g} \cdot {_f(n[f'd{name}'])} = {_f(n[f'new_{name}'])}"

    output = (*tuple(update(f"v{j}", f"v_{j}") for j in HIDDEN), update("c", "c"))
    words = "Against the gradient: every weight minus **learning rate** times gradient."
    made: tuple[str, ...] = ("new_v1", "new_v2", "new_v3", "new_c")
    steps = [SubStep("update", "Update the output's weights", words, output, made, ("h1-y", "h2-y", "h3-y", "y"))]
    hidden = tuple(update(f"w{j}{i}", f"w_{{{j}{i}}}") for j in HIDDEN for i in INPUTS)
    hidden += tuple(update(f"b{j}", f"b_{j}") for j in HIDDEN)
    made = tuple(f"new_{name}" for name in PARAMETERS if name[0] in "wb")
    focus = (*tuple(f"x{i}-h{j}" for i in INPUTS for j in HIDDEN), "h1", "h2", "h3")
    steps.append(SubStep("update", "Update the hidden weights", words, hidden, made, focus))
    change = (
        "smaller: the step helped"
        if n["new_L"] < n["L"]
        else "not smaller: the step was too large, or there was nothing to learn"
    )
    again = (rf"y: {n['y']:.4f} \rightarrow {n['new_y']:.4f}", rf"L: {n['L']:.4f} \rightarrow {n['new_L']:.4f}")
    words = f"The same example through the new weights. The loss is {change}."
    steps.append(SubStep("update", "Did it help?", words, again, ("new_y", "new_L"), ("y", "L")))
    return steps
