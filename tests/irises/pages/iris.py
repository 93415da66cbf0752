"""Irises: four sliders, and the answer; what a run gets right of the test flowers."""

import streamlit as st
import torch

from core import demos
from core.runs.records import Run
from ui.frame.fragments import fragment
from ui.runs import classifier, models, readers

demo = demos.find("iris")
MEASURES = {
    "Sepal length": (4.0, 8.0),
    "Sepal width": (2.0, 4.5),
    "Petal length": (1.0, 7.0),
    "Petal width": (0.1, 2.5),
}
SPECIES = ("setosa", "versicolor", "virginica")


@fragment
def tries(model_id: str, options: list[models.ModelOption]) -> None:
    """Four measures and the species."""
    flower = [st.slider(name, low, high, low, key=f"iris.{name}") for name, (low, high) in MEASURES.items()]
    (row,) = readers.model_of(demo, model_id).probabilities(torch.tensor([flower]))
    st.subheader(f"Iris {SPECIES[row.argmax()]}", anchor=False)


def tested(run: Run) -> classifier.Tested:
    """The test flowers."""
    split = demo.training.load(demo.training.Config()).test
    return classifier.Tested(split.name, split.targets.numpy(), SPECIES)


def answers(run: Run) -> classifier.Probabilities:
    """(N, 3) for the test flowers."""
    return readers.model_of(demo, run.id).probabilities(demo.training.load(demo.training.Config()).test.inputs)


classifier.show(classifier.Page(demo="iris", tries=tries, tested=tested, answers=answers, ready=lambda config: True))
