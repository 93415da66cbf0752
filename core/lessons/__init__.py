"""The places of page Foundations: their arithmetic, and what is trained for them. Nothing here draws.

A place has a module of the same name here, in `ui/lessons/` and, where it has a figure, in `core/plots/`. Here are its
settings as knobs, and functions from those to numbers. Where a network is trained for it, it has a folder: `figures.py`
is the arithmetic of what is shown, `training.py` the run behind it. Two places have nothing here: what they show is
measured by `core/experiments/`.
Reading this package costs no PyTorch; its functions import it.
"""

from core.lessons.gradient_flow import training as gradient_flow
from core.lessons.optimizer_race import training as optimizer_race
from core.lessons.overfitting import training as overfitting

DEMOS = (optimizer_race.DEMO, gradient_flow.DEMO, overfitting.DEMO)
