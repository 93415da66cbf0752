"""What commands write: JSON lines on standard output; sentences and a progress line on standard error."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from typing import Any

BAR_WIDTH = 24  # characters
LOG_LINES = 10  # from nothing to all, where a line cannot be rewritten


def answer(values: Mapping[str, Any]) -> None:
    """One JSON object on a line of its own."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


def say(sentence: str) -> None:
    """A sentence for the person at the terminal."""
    print(sentence, file=sys.stderr, flush=True)


class ProgressLine:
    """A bar on standard error: rewritten in place on a terminal, a line for every tenth in a log."""

    def __init__(self) -> None:
        self._in_place = sys.stderr.isatty()
        self._shown = ""
        self._logged: tuple[int, str] = (-1, "")

    def show(self, fraction: float, words: str) -> None:
        """Show a fraction in [0, 1] with words that may change all the time."""
        filled = round(BAR_WIDTH * min(fraction, 1.0))
        text = f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {100 * fraction:3.0f} %  {words}"
        if self._in_place:
            text = text[: shutil.get_terminal_size().columns - 1]
            if text != self._shown:
                print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
                self._shown = text
            return
        mark = (int(fraction * LOG_LINES), words if fraction == 0 else self._logged[1])
        if mark != self._logged:
            self._logged = mark
            say(text)

    def say(self, sentence: str) -> None:
        """A sentence that stays, above the bar."""
        self.clear()
        say(sentence)

    def clear(self) -> None:
        """Take the bar away; what is shown next stands on its line."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._shown = ""
