"""Look inside: what every layer makes of the own drawing, where the network looks, and what fools it.

Here is the choice of a part; the parts are in `inside_*.py`.
"""

import streamlit as st
import torch

from core.demos.digits.reader import DigitReader, Reading
from ui.demos.digits import answer, inside_attack, inside_attribution, inside_maps
from ui.demos.digits.inside_attribution import Subject
from ui.frame.services import store
from ui.runs import readers
from ui.widgets.choice import one_of

PARTS = {
    "layers": ":material/grid_view: Layer by layer",
    "attribution": ":material/visibility: Where it looks",
    "adversarial": ":material/blur_on: Fool it",
}


def look_inside(reader: DigitReader, model_id: str) -> None:
    """The whole view of one model; it follows the drawing stroke by stroke."""
    _, reading = answer.ask(reader)
    part = one_of("What to look at", PARTS, key="inside.part")
    subject = _subject(reader, model_id, reading)
    if subject is None:
        st.caption("Everything here is computed from your own digit, so it begins with one.")
    elif part == "layers":
        inside_maps.show_layers(subject.network, subject.image, reader.classes)
    elif part == "attribution":
        inside_attribution.show_attribution(subject)
    else:
        inside_attack.show_attack(subject)


def _subject(reader: DigitReader, model_id: str, reading: Reading | None) -> Subject | None:
    if reading is None or reading.prepared is None or reading.probabilities is None:
        return None
    image = torch.from_numpy(reading.prepared.image.copy()).reshape(1, 1, 28, 28)
    if model_id == readers.RELEASE:
        return Subject(reader.network, image, reader.classes, model_id, 0, "mnist5k")
    data = str(store().get(model_id).config["data"])
    return Subject(reader.network, image, reader.classes, model_id, readers.best_checkpoint(model_id).seq, data)
