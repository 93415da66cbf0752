"""The checklist of capabilities: enough templates of each, and none that is trained on."""

import re
from collections import Counter

from benchmarks import sentiment_checklist
from release import everyday


def shape(text: str) -> str:
    """A template without what fills its gaps, capitals and signs."""
    return " ".join(re.findall(r"\w+|[^\w\s]", re.sub(r"\{\w+\}", "…", text.lower()).rstrip(".!")))


def test_each_capability_has_at_least_twenty_templates_with_their_answers() -> None:
    items = sentiment_checklist.read()
    counts = Counter(item.capability for item in items)
    assert len(counts) == 16
    assert min(counts.values()) >= 20
    assert {item.answer for item in items} == {"positive", "negative", "unsure"}
    assert not [text for item in items for text in item.texts if "{" in text]


def test_no_template_of_words_is_both_learned_from_and_asked_for() -> None:
    learned = {shape(template.text) for template in everyday.read().templates}
    asked = [
        line.split(" | ", 1)[1]
        for line in sentiment_checklist.TEMPLATES.read_text("utf-8").splitlines()
        if line.startswith(("positive | ", "negative | ", "unsure | "))
    ]
    both = {text for text in asked if shape(text) in learned and re.search(r"[a-z]{2}", text)}
    assert both <= {"1 star", "2 out of 5 stars"}  # written in one way only


def test_templates_are_filled_with_words_that_differ_and_the_same_seed_gives_the_same_texts() -> None:
    book = everyday.read()
    first, positive, kinds = everyday.texts(book, seed=5, held_out=False)
    assert first == everyday.texts(book, seed=5, held_out=False)[0]
    assert len(first) == len(positive) == len(kinds)
    assert all(0 < value < 1 for value in positive)
    held_out = set(everyday.texts(book, seed=5, held_out=True)[0])
    assert held_out
    assert not held_out & set(first)
    assert not [text for text in first if "{" in text]
