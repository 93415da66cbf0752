"""Look inside: attention step by step on the own text, what each layer would answer, and the words that flip it.

The words as points are in `inside_embeddings.py`.
"""

import numpy as np
import streamlit as st

from core.demos.sentiment.reader import Reading, TextReader
from core.demos.sentiment.words import Looks, attack, flipped, looks
from core.explain.layers import number
from core.plots.attention import attention_figure, attention_info, attention_sentence
from core.plots.words import percent
from ui.demos.sentiment import inside_embeddings
from ui.demos.sentiment.text_box import set_text
from ui.frame.style import is_dark
from ui.frame.words import plain
from ui.widgets.choice import one_of
from ui.widgets.live_chart import live_chart

SHOWN_TOKENS = 40
SHOWN_NUMBERS = 6  # of a vector
PARTS = {
    "steps": ":material/calculate: Attention, step by step",
    "layers": ":material/layers: Layer by layer",
    "embeddings": ":material/scatter_plot: Words as points",
    "attack": ":material/swap_horiz: Swap words",
}


def look_inside(reading: Reading, reader: TextReader, *, key: str, box: str) -> None:
    """The whole view of one text."""
    part = one_of("What to look at", PARTS, key=f"{key}.part")
    if reading.encoded is None:
        st.caption("Everything here is computed from your own text, so it begins with one.")
        return
    if part == "attack":
        _swaps(reading, reader, key=key, box=box)
        return
    if part == "embeddings":
        inside_embeddings.show(reading, reader, key=key)
        return
    found = looks(reader, reading.text)
    if found is None:
        st.info("An LSTM has no attention to look into. Choose a transformer above.", icon=":material/info:")
        return
    if part == "layers":
        _layers(found, reader)
    else:
        _steps(found, key=key)


def _steps(found: Looks, *, key: str) -> None:
    layers, heads = len(found.weights), len(found.weights[0])
    columns = st.columns(3)
    layer = columns[0].selectbox("Layer", range(layers), format_func=lambda i: f"{i + 1} of {layers}", key=f"{key}.l")
    head = columns[1].selectbox("Head", range(heads), format_func=lambda i: f"{i + 1} of {heads}", key=f"{key}.h")
    tokens = found.tokens[:SHOWN_TOKENS]
    place = columns[2].selectbox(
        "The piece that looks",
        range(len(tokens)),
        index=min(1, len(tokens) - 1),
        format_func=lambda i: f"{i + 1}: {tokens[i]}",
        key=f"{key}.token.{len(tokens)}",
    )
    st.dataframe(attention_table(found, layer, head, place), hide_index=True, key=f"{key}.steps")
    query, mixed = found.queries[layer][head, place], found.mixed[layer][head, place]
    st.markdown(
        f"1. “{plain(tokens[place])}” asks with its **query** of {len(query)} numbers: {_vector(query)}.\n"
        f"2. Its product with each **key**, divided by √{len(query)}, is the **score** in the table.\n"
        "3. The **softmax** of all scores is the attention: shares that add up to 100 %.\n"
        f"4. The **values** of all pieces, weighted by these shares, add up to what this head passes on: "
        f"{_vector(mixed)}."
    )
    st.markdown("**All pieces at once. Where it looks, not why**")
    info = attention_info(tokens, found.weights[layer][head])
    sentence = attention_sentence(info)
    live_chart(attention_figure(info, dark=is_dark()), key=f"{key}.map", alt=sentence)
    st.caption(f"{sentence} Each row is a piece and says how its attention is shared out.")


def attention_table(found: Looks, layer: int, head: int, place: int) -> list[dict[str, object]]:
    """One row a piece that is looked at: key, score, share and value, as the steps below name them."""
    return [
        {
            "piece": found.tokens[other],
            "key": _vector(found.keys[layer][head, other]),
            "score": round(float(found.scores[layer][head, place, other]), 3),
            "attention": percent(float(found.weights[layer][head, place, other])),
            "value": _vector(found.values[layer][head, other]),
        }
        for other in range(min(len(found.tokens), SHOWN_TOKENS))
    ]


def _vector(values: np.ndarray) -> str:
    shown = ", ".join(number(float(value), 2) for value in values[:SHOWN_NUMBERS])
    return f"({shown}{', …' if len(values) > SHOWN_NUMBERS else ''})"


def _layers(found: Looks, reader: TextReader) -> None:
    st.caption("What the last layer's reading would answer if it were given the words after fewer layers.")
    rows = []
    for layer, probabilities in enumerate(found.answers):
        winner = int(probabilities.argmax())
        after = "the words alone" if layer == 0 else f"after layer {layer}"
        rows.append(
            {"": after, "answer": plain(reader.classes[winner]), "probability": percent(float(probabilities[winner]))}
        )
    st.table(rows)
    st.markdown("**How narrowly each head looks**")
    heads = [
        {"layer": layer + 1, **{f"head {head + 1}": _focus(weights) for head, weights in enumerate(one)}}
        for layer, one in enumerate(found.weights)
    ]
    st.table(heads)
    st.caption("Pieces that a head effectively looks at, on average: 1 is a single one. (Exponential of the entropy.)")


def _focus(weights: np.ndarray) -> str:
    entropy = -(weights * np.log(np.maximum(weights, 1e-12))).sum(-1).mean()
    return f"{np.exp(entropy):.1f} of {len(weights)}"


def _swaps(reading: Reading, reader: TextReader, *, key: str, box: str) -> None:
    assert reading.probabilities is not None
    name = reader.classes[reading.winner]
    st.caption(
        "The fewest words to swap until the answer flips, found step by step: each word is tried with those that are "
        "nearest to it in the network's own vocabulary, and the swap that hurts most is kept."
    )
    if not st.button("Look for swaps", icon=":material/swap_horiz:", key=f"{key}.search"):
        return
    with st.spinner("Trying words …"):
        swaps = attack(reader, reading.text)
    if not swaps:
        st.info("There is no word here that could be swapped.")
        return
    st.table(
        [
            {
                "swap": plain(f"{swap.word} → {swap.by}"),
                f"probability of {plain(name)} after it": percent(swap.probability),
            }
            for swap in swaps
        ]
    )
    if flipped(reader, swaps, reading.text):
        st.markdown(f"{len(swaps)} swap{'s' if len(swaps) > 1 else ''} flip the answer: “{plain(swaps[-1].text)}”")
    else:
        st.markdown(f"The answer stays {plain(name)} after {len(swaps)} swaps: “{plain(swaps[-1].text)}”")
    st.button("Put it into the box", on_click=set_text, args=(box, swaps[-1].text), key=f"{key}.take")
