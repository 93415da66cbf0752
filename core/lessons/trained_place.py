"""What the three lessons have in common as demos: small digits, networks side by side, a place on Foundations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.contract import Dataset, Learner, Placement, Training
from core.demo import Demo, Page
from core.knobs import Integer

if TYPE_CHECKING:
    from core.lessons.side_by_side import Lane


def length(steps: int) -> Integer:
    """The knob of a lesson's epochs, of so many steps each."""
    return Integer(
        label="Length", help=f"Each part has {steps} steps and ends with a measurement.", low=1, high=100, more=True
    )


def lesson(
    lanes: Callable[[Any], dict[str, Lane]],
    *,
    steps: int,
    batch: int,
    layers: bool = False,
    num_measured: int = 0,
    measures_all: bool = False,
    title: str,
    order: int,
    icon: str,
    sentence: str,
    **fields: Any,
) -> Demo:
    """A demo that trains networks side by side.

    Args:
        lanes: config → the networks by name.
        steps: of an epoch.
        batch: digits behind each step of each network.
        layers: whether each step tells the gradient in each layer.
        num_measured: so many of the training digits are measured in place of the held-out ones; 0: the held-out ones.
        measures_all: whether every evaluation measures the test digits and those that a network learns from, too.
        title, order, icon, sentence: of the `Demo`.
        fields: what else a `Training` has.
    """

    def load(config: Any) -> Dataset:
        from core.lessons.side_by_side import first, small_digits

        digits, held_out, test = small_digits()
        measured = first(digits, num_measured) if num_measured else held_out
        return Dataset(train=first(digits, steps * batch), validation=measured, test=test)

    def learner(config: Any, placement: Placement) -> Learner:
        from core.lessons.side_by_side import SideBySide, small_digits

        digits, _, test = small_digits()
        also = {"test": test} if measures_all else {}
        return SideBySide(lanes(config), digits, layers=layers, also=also, on_examples=measures_all)

    training = Training(
        select=None,
        num_chances=1,
        batch_size=lambda config: batch,
        load=load,
        learner=learner,
        num_parameters=lambda config: sum(lane.num_parameters for lane in lanes(config).values()),
        placement=Placement(),
        short=True,
        **fields,
    )
    return Demo(
        title=title, order=order, icon=icon, sentence=sentence, page=Page(name="foundations"), training=training
    )
