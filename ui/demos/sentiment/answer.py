"""The answer to a text: the class with its probability, every word by its contribution, and the attention."""

import streamlit as st

from core.demos.sentiment.network import Transformer
from core.demos.sentiment.reader import Reading, TextReader
from core.demos.sentiment.words import Explained, Word, explain, looks, replaced, sentence_values
from core.explain.layers import number
from core.plots.attention import attention_figure, attention_info, attention_sentence
from core.plots.maps import signed_color
from core.plots.sentences import sentence_curve_figure, sentence_curve_info, sentence_curve_sentence
from core.plots.words import percent
from ui.demos.sentiment.text_box import set_text
from ui.demos.sentiment.word_strip import Shown, word_strip
from ui.frame.style import is_dark
from ui.frame.words import plain
from ui.widgets.live_chart import live_chart
from ui.widgets.verdict import probability_chart, verdict

MAX_EXPLAINED = 256  # tokens; more would take longer than typing may wait
SIGN_FROM = 0.25  # of the largest contribution
ICONS = {"cut": ":material/content_cut:", "nothing_known": ":material/help:"}
LEANS_FROM = 0.6  # of two classes
FEWEST_SENTENCES = 3  # that make a curve
ATTENTION_TOKENS = 40  # that a heat map can label


def show_answer(reading: Reading, reader: TextReader, *, key: str) -> None:
    """The winner large, how sure in words, and the probability of every class; or what to do when there is none."""
    problem = reading.problem
    if problem is not None and problem.blocking:
        (st.info if problem.code == "empty" else st.warning)(problem.message, icon=":material/chat:")
    if reading.probabilities is None:
        return
    name, probability = reader.classes[reading.winner], reading.probabilities[reading.winner]
    shown = name if reading.sure else "unsure"
    verdict(
        shown,
        probability,
        "" if reading.sure else leaning(name, probability, len(reader.classes)),
        milliseconds=reading.milliseconds,
        of=name,
        size=2.6,
        is_sure=reading.sure,
    )
    if problem is not None:
        st.warning(problem.message, icon=ICONS.get(problem.code, ":material/translate:"))
    probability_chart(reader.classes, reading.probabilities, key=f"{key}.bars")


def leaning(name: str, probability: float, num_classes: int) -> str:
    """Which way an answer leans that is not sure; what judges nothing leans neither way."""
    return f"leaning to {name}" if num_classes > 2 or probability >= LEANS_FROM else "leaning neither way"


def show_words(reading: Reading, reader: TextReader, *, key: str, box: str | None) -> None:
    """Every word with its contribution; a click changes the text.

    Args:
        box: the text box that an edit goes to; None where the words cannot be edited.
    """
    assert reading.encoded is not None
    if len(reading.encoded.pieces) > MAX_EXPLAINED:
        st.caption(f"Words are coloured up to {MAX_EXPLAINED} pieces; this text has {len(reading.encoded.pieces)}.")
        return
    target = target_of(reading, reader)
    found = explain(reader, reading.text, target=target)
    show_explained(found, reader, text=reading.text, key=key, box=box)
    st.markdown(contribution_sentence(found, reader))
    st.caption(
        f"Integrated gradients of the score of {plain(reader.classes[target])}, from the same text with all its words "
        f"hidden ({number(found.whole.blank_score, 3)}) to yours ({number(found.whole.score, 3)}). The words together "
        f"miss the difference by {number(found.whole.error)}: the completeness error."
    )


def show_sentences(reading: Reading, reader: TextReader, *, key: str, box: str | None) -> None:
    """A long text as its sentences, each coloured by what it adds to the whole; a click changes the text."""
    target = target_of(reading, reader)
    values = sentence_values(reading, target=target)
    limit = max(map(abs, values))
    shown, end = [], 0
    for one, value in zip(reading.sentences, values, strict=True):
        strength = value / limit if limit else 0.0
        shown.append(
            Shown(
                reading.text[one.start : one.end],
                reading.text[end : one.start],
                signed_color(strength, dark=is_dark()),
                f"{percent(one.probabilities[target])} {reader.classes[target]}",
                sign="" if abs(strength) < SIGN_FROM else "+" if value > 0 else "−",
            )
        )
        end = one.end

    def edit(index: int, by: str) -> None:
        assert box is not None
        one = reading.sentences[index]
        set_text(box, (reading.text[: one.start] + by + reading.text[one.end :]).strip())

    word_strip(
        shown,
        key=f"{key}.strip",
        text=reading.text,
        label="The text, sentence by sentence, with what each adds to the answer",
        on_edit=edit if box is not None else None,
    )


def show_curve(reading: Reading, reader: TextReader, *, key: str) -> None:
    """How the answer goes up and down from sentence to sentence, where there are some."""
    parts = reading.sentences or reader.answered_sentences(reading.text)
    if len(parts) < FEWEST_SENTENCES:
        return
    assert reading.probabilities is not None
    target = target_of(reading, reader)
    info = sentence_curve_info(
        reader.classes[target],
        [reading.text[one.start : one.end] for one in parts],
        [one.probabilities[target] for one in parts],
        reading.probabilities[target],
    )
    sentence = sentence_curve_sentence(info)
    st.markdown(f"**Sentence by sentence: how {plain(reader.classes[target])}**")
    live_chart(sentence_curve_figure(info, dark=is_dark()), key=f"{key}.curve", alt=sentence)
    st.caption(plain(sentence))


def target_of(reading: Reading, reader: TextReader) -> int:
    """The class that contributions are told for: of two the second, else the one that is answered."""
    return 1 if len(reader.classes) == 2 else reading.winner


def show_explained(found: Explained, reader: TextReader, *, text: str, key: str, box: str | None) -> None:
    """The strip of words alone."""
    limit = max((abs(value) for value in found.values), default=0.0)
    shown = []
    end = 0
    for word, value in zip(found.words, found.values, strict=True):
        shown.append(_shown(word, value, limit, gap=text[end : word.start], reader=reader, target=found.target))
        end = word.end

    def edit(index: int, by: str) -> None:
        assert box is not None
        set_text(box, replaced(text, found.words[index], by))

    word_strip(
        shown,
        key=f"{key}.strip",
        text=text,
        label="The text, word by word, with what each contributes",
        on_edit=edit if box is not None else None,
    )


def _shown(word: Word, value: float, limit: float, *, gap: str, reader: TextReader, target: int) -> Shown:
    strength = value / limit if limit else 0.0
    if not word.pieces:
        return Shown(word.text, gap, "transparent", "cut: not read", cut=True)
    title = f"{_signed(value)} for {_side(reader, target, value)}"
    broken = not word.known
    if not broken and not any(letter.isalpha() for letter in word.text):
        title += f"; read as “{' '.join(word.names)}”" if " ".join(word.names) != word.text else ""
    pieces = " · ".join("?" if name == "[UNK]" else name.removeprefix("##") for name in word.names)
    return Shown(
        word.text,
        gap,
        signed_color(strength, dark=is_dark()),
        f"{title}; not in the vocabulary, read as {pieces}" if broken else title,
        sign="" if abs(strength) < SIGN_FROM else "+" if value > 0 else "−",
        note=pieces if broken else "",
        unknown=broken,
    )


def _side(reader: TextReader, target: int, value: float) -> str:
    """The class that a contribution speaks for."""
    if value >= 0:
        return reader.classes[target]
    return reader.classes[1 - target] if len(reader.classes) == 2 else f"others than {reader.classes[target]}"


def contribution_sentence(found: Explained, reader: TextReader) -> str:
    """ "Most towards positive: “charming” (+1.2). Most towards negative: “bleak” (−2.1)." """
    ranked = sorted(zip(found.values, found.words, strict=True), key=lambda pair: pair[0])
    said = []
    if ranked and ranked[-1][0] > 0:
        said.append((ranked[-1], reader.classes[found.target]))
    if ranked and ranked[0][0] < 0:
        said.append((ranked[0], _side(reader, found.target, -1)))
    return " ".join(
        f"Most towards {plain(side)}: “{plain(word.text)}” ({_signed(value)})." for (value, word), side in said
    )


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def show_attention(reading: Reading, reader: TextReader, *, key: str) -> None:
    """Where one head of one layer looks, as a heat map."""
    st.markdown("**Where it looks, not why**")
    if not isinstance(reader.network, Transformer):
        st.caption("An LSTM has no attention: it reads word after word.")
        return
    layers, heads = len(reader.network.layers), reader.network.heads
    left, right = st.columns(2)
    layer = left.selectbox("Layer", range(layers), format_func=lambda i: f"{i + 1} of {layers}", key=f"{key}.layer")
    head = right.selectbox("Head", range(heads), format_func=lambda i: f"{i + 1} of {heads}", key=f"{key}.head")
    found = looks(reader, reading.text)
    assert found is not None
    info = attention_info(found.tokens[:ATTENTION_TOKENS], found.weights[layer][head])
    sentence = attention_sentence(info)
    live_chart(
        attention_figure(info, dark=is_dark()), key=f"{key}.attention", alt=sentence, height=60 + 20 * len(info.tokens)
    )
    st.caption(f"{sentence} Each row is a piece and says how its attention is shared out; a row adds up to 100 %.")
