"""Look inside: the embeddings of words on a plane, one's own among them, and which words lie next to each."""

import streamlit as st

from core.demos.sentiment.embeddings import WordTable, embedding_of, word_map, word_table
from core.demos.sentiment.reader import Reading, TextReader
from core.demos.sentiment.words import words_of
from core.plots.embeddings import Embeddings, embeddings_figure, embeddings_sentence
from core.plots.words import percent
from ui.frame.style import is_dark
from ui.frame.words import plain
from ui.widgets.live_chart import live_chart

MOST_OWN = 24  # words; more cannot be told apart on the map
NEAREST = 5


def show(reading: Reading, reader: TextReader, *, key: str) -> None:
    """Map and table of the words of a text."""
    assert reading.encoded is not None
    words = [word.text for word in words_of(reading.text, reading.encoded) if word.pieces and word.text[0].isalpha()]
    own = list(dict.fromkeys(word.lower() for word in words))
    table = _table(reader)
    found = word_map(reader, own[:MOST_OWN], table=table)
    target = 1 if len(reader.classes) == 2 else reading.winner
    info = Embeddings(
        found.words,
        found.places,
        found.answers[:, target],
        found.own,
        found.own_places,
        found.own_answers[:, target],
        reader.classes[target],
    )
    nearest = [(word, _nearest(reader, table, word)) for word in found.own]
    sentence = embeddings_sentence(info, nearest)
    live_chart(embeddings_figure(info, dark=is_dark()), key=f"{key}.embeddings", alt=sentence)
    st.caption(
        f"Each word is a point of {table.vectors.shape[1]} numbers before the first layer; the map shows the plane in "
        f"which {len(found.words)} frequent words differ most, with {percent(found.variance)} of their variance. "
        f"Yours are the diamonds. Blue: the network leans to {plain(reader.classes[target])} when it reads that word "
        "alone; orange: away from it."
    )
    if len(own) > MOST_OWN:
        st.caption(f"The first {MOST_OWN} of your {len(own)} different words are shown.")
    st.markdown("**What lies next to your words, in all dimensions**")
    st.table(
        [
            {
                "word": plain(word),
                f"{plain(reader.classes[target])}, alone": percent(float(probability)),
                "nearest in the vocabulary": plain(", ".join(others)),
            }
            for (word, others), probability in zip(nearest, found.own_answers[:, target], strict=True)
        ]
    )


def _nearest(reader: TextReader, table: WordTable, word: str) -> list[str]:
    vector = embedding_of(reader, word)
    return [] if vector is None else table.nearest(vector, NEAREST, but=word)


@st.cache_resource(max_entries=2, hash_funcs={TextReader: id})
def _table(reader: TextReader) -> WordTable:
    return word_table(reader)
