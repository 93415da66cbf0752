"""What places of Foundations train: small networks side by side on small digits. Their runs are shown there.

Reading this package costs no PyTorch; its functions import it.
"""

from core.demos.lessons import gradients, overfitting, race

TASKS = (race.TASK, gradients.TASK, overfitting.TASK)
