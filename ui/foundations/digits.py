"""Small digits for the places that train on them, read once."""

import streamlit as st

from core.data import sources
from core.foundations.digits import prepare
from core.foundations.overfitting import Digits

NUM_VALIDATION = 500


@st.cache_resource(max_entries=1, show_spinner="Reading the digits …")
def small_digits() -> Digits:
    """14×14 digits: 3,500 to learn from, 500 to validate on, 1,000 to test on."""
    images = sources.load_images("mnist5k")
    kept = NUM_VALIDATION
    return Digits(
        prepare(images.train_images, images.train_labels),
        prepare(images.validation_images[:kept], images.validation_labels[:kept]),
        prepare(images.test_images, images.test_labels),
    )
