"""Irises: four sliders, and the answer; what a run gets right of the test flowers."""

import streamlit as st

from core.classifier import Classifier
from ui.frame.fragments import fragment
from ui.runs import classifier, models

MEASURES = {
    "Sepal length": (4.0, 8.0),
    "Sepal width": (2.0, 4.5),
    "Petal length": (1.0, 7.0),
    "Petal width": (0.1, 2.5),
}


@fragment
def tries(model: Classifier, model_id: str, options: list[models.ModelOption]) -> None:
    """Four measures and the species."""
    flower = [st.slider(name, low, high, low, key=f"iris.{name}") for name, (low, high) in MEASURES.items()]
    (row,) = model.probabilities([flower])
    st.subheader(f"Iris {model.classes[row.argmax()]}", anchor=False)


classifier.show(classifier.ClassifierPage(demo="iris", tries=tries, ready=lambda config: True))
