"""The sentences of a text, by its full stops, question marks and line breaks. No network here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from core.demos.sentiment.signs import OTHER_EMOJI

Span = tuple[int, int]  # characters [start, end)
_BREAK = r"<br\s*/?>"
_MOOD = rf"(?:\s*(?:{OTHER_EMOJI}\ufe0f?|[:;=]-?[()D](?!\w)))*"  # an emoji or an emoticon after the full stop
_END = re.compile(rf"[.!?…。！？]+[\"'”’»)\]*]*{_MOOD}(?=\s|<br)|(?:\n|{_BREAK})+")
_BLANK, _BLANK_END = re.compile(rf"(?:\s|{_BREAK})*"), re.compile(rf"(?:\s|{_BREAK})+$")
_SHORTENED = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|e\.g|i\.e|approx|no|vol|dept|inc|ltd|co|gen|col|sgt|rev|hon|fig|al|cf"
    r"|ca|min|max|ft)|(?:^|[\s(.])[A-Z])\.$",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"\s+[a-z,;:)–—-]")


def sentences(text: str) -> list[Span]:
    """Where each sentence begins and ends, without the white space between them.

    An abbreviation or an initial ends no sentence, nor do dots before a small letter. What has no word of its own, such
    as an emoji after the full stop, belongs to the sentence before.
    """
    found: list[Span] = []
    start = 0
    for end in [*_ends(text), len(text)]:
        span = _stripped(text, start, end)
        start = end
        if span[0] == span[1]:
            continue
        if found and not any(character.isalnum() for character in text[slice(*span)]):
            found[-1] = (found[-1][0], span[1])
        else:
            found.append(span)
    return found


def _ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        said = match.group()
        if said.strip():
            dots = said.rstrip("\"'”’»)]*")
            goes_on = dots.startswith(("..", "…"))
            if goes_on and _GOES_ON.match(text, match.end()):
                continue
            if dots == "." and _SHORTENED.search(text, max(0, match.start() - 12), match.start() + 1):
                continue
        yield match.end()


def _stripped(text: str, start: int, end: int) -> Span:
    """Without white space and line breaks of HTML at its ends."""
    begin = _BLANK.match(text, start, end)
    start = begin.end() if begin else start
    while end > start and (last := _BLANK_END.search(text, max(start, end - 8), end)):
        end = last.start()
    return start, end


def fitting(text: str, span: Span, fits: Callable[[str], int | None]) -> list[Span]:
    """A sentence in parts that are short enough.

    Args:
        fits: the first character of a text that no longer fits, None if all does; at least one always fits.
    """
    parts = []
    start, end = span
    while (cut := fits(text[start:end])) is not None:
        cut = max(cut, 1)
        gap = max(text.rfind(" ", start, start + cut), text.rfind("\n", start, start + cut))
        stop = gap if gap > start else start + cut
        parts.append((start, stop))
        start = _stripped(text, stop, end)[0]
    return [*parts, (start, end)] if start < end else parts
