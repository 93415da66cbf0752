"""The Sentiment page: what it adds to the page of all classifiers."""

import streamlit as st

from core.demos.sentiment.reader import TextReader
from ui.demos.sentiment import answer, inside, many, own_table, training
from ui.demos.sentiment.examples import EXAMPLES
from ui.demos.sentiment.text_box import set_text, text_box
from ui.frame.fragments import fragment
from ui.runs import classifier, models, readers
from ui.widgets.choice import one_of

KEY = "sentiment"
WAYS = {"one": ":material/short_text: One text", "many": ":material/table_rows: Many at once"}


def _try(reader: TextReader, model_id: str, options: list[models.ModelOption]) -> None:
    """Give a text, get an answer while typing; or many at once."""
    way = one_of("How many", WAYS, key=f"{KEY}.way")
    if way == "many":
        many.show(reader, key=f"{KEY}.many")
        return
    _one(reader, model_id, {option.id: option.label for option in options})


@fragment
def _one(reader: TextReader, model_id: str, labels: dict[str, str]) -> None:
    text = _typed()
    other = _other_model(model_id, labels)
    if other is None:
        _answered(reader, text, key=KEY, alone=True)
        return
    for column, one, name in zip(st.columns(2, gap="large"), (model_id, other), ("first", "second"), strict=True):
        with column:
            st.caption(labels[one])
            _answered(readers.model_of(KEY, one), text, key=f"{KEY}.{name}", alone=False)


@fragment
def _inside(reader: TextReader, model_id: str) -> None:
    text = _typed()
    reading = reader.read(text)
    answer.show_answer(reading, reader, key=f"{KEY}.inside")
    inside.look_inside(reading, reader, key=f"{KEY}.inside", box=KEY)


def _typed() -> str:
    """The text of the box that Try, Train and Look inside share."""
    _examples()
    return text_box(key=KEY, label="Your text (English)", placeholder="Type or paste a sentence or a review …")


def _answered(reader: TextReader, text: str, *, key: str, alone: bool) -> None:
    reading = reader.read(text)
    beside = alone and reading.encoded is not None
    left, right = st.columns([3, 2], gap="large") if beside else (st.container(), st.container())
    with right if beside else left:
        answer.show_answer(reading, reader, key=key)
    if reading.encoded is None:
        return
    box = KEY if alone or key.endswith("first") else None
    with left if alone else right:
        if reading.sentences:
            st.markdown("**What each sentence adds**", help="Click a sentence to delete or replace it.")
            answer.show_sentences(reading, reader, key=key, box=box)
        else:
            st.markdown("**What each word contributes**", help="Click a word to delete or replace it.")
            answer.show_words(reading, reader, key=key, box=box)
    with right:
        answer.show_curve(reading, reader, key=key)
    if alone:
        with st.expander("Attention, layer by layer and head by head", icon=":material/grid_on:"):
            answer.show_attention(reading, reader, key=key)


def _examples() -> None:
    with st.container(gap=None):
        st.markdown(":small[Examples that teach]")
        with st.container(horizontal=True, gap="xsmall"):
            for name, text in EXAMPLES.items():
                st.button(name, on_click=set_text, args=(KEY, text), key=f"{KEY}.example.{name}")


def _other_model(model_id: str, labels: dict[str, str]) -> str | None:
    others = [one for one in labels if one != model_id]
    if not others:
        return None
    chosen: str | None = st.selectbox(
        "Compare with",
        others,
        index=None,
        format_func=labels.__getitem__,
        placeholder="a second model, side by side",
        key=f"{KEY}.other.{model_id}",
    )
    return chosen


def show() -> None:
    """Draw the page."""
    classifier.show(
        classifier.ClassifierPage(
            demo=KEY,
            tries=_try,
            inside=_inside,
            own=training.OWN,
            mistake=training.mistake,
            calibration=training.show_calibration,
            ready=own_table.show,
        )
    )
