"""A box to type a text into, which Python hears of after a pause in typing, without Enter.

Here: the component and the text of this session. What is done with the text is the caller's business.
"""

from dataclasses import dataclass
from functools import partial

from core.demos.sentiment.tokenizer import HALVES
from ui.frame.component import Component, Told, is_text
from ui.frame.state import record

PAUSE = 350  # ms without a key before the text is answered
LONGEST = 200_000  # characters that are sent at all

_HTML = '<label class="box"><span></span><textarea rows="3" spellcheck="false"></textarea></label>'

_CSS = """
.box { display: block; font-family: var(--st-font), sans-serif; color: var(--st-text-color); }
.box span { display: block; font-size: 0.875rem; margin-bottom: 0.25rem; }
textarea {
  box-sizing: border-box; width: 100%; min-height: 5.5rem; resize: vertical; padding: 0.6rem 0.75rem;
  font: inherit; font-size: 1.05rem; line-height: 1.5; color: inherit; background: var(--st-secondary-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius, 0.5rem);
}
textarea:focus { outline: 2px solid var(--st-primary-color); outline-offset: -1px; }
textarea::placeholder { color: color-mix(in srgb, var(--st-text-color) 65%, var(--st-background-color)); }
"""

_JS = """
export default function ({ data, parentElement, setStateValue }) {
  const node = parentElement.querySelector(".box");
  const area = node.querySelector("textarea");
  node.querySelector("span").textContent = data.label;
  area.placeholder = data.placeholder;
  if (node.version !== data.version) {  // Python put another text here; otherwise the browser is ahead of it
    node.version = data.version;
    area.value = data.text;
  }
  area.oninput = () => {
    clearTimeout(node.timer);
    node.timer = setTimeout(() => {
      if (node.isConnected)
        setStateValue("typed", { version: node.version, text: area.value.slice(0, data.longest) });
    }, data.pause);
  };
  area.onkeydown = (event) => event.stopPropagation();  // Streamlit has shortcuts on single keys
}
"""

_BOX = Component("text_box", html=_HTML, css=_CSS, js=_JS)


@dataclass
class Typed:
    """The text of a box."""

    text: str = ""
    version: int = 0  # counts how often Python put another text into it


def text_box(*, key: str, label: str, placeholder: str) -> str:
    """Show the box and return its text; it outlives reruns and page switches.

    Args:
        key: stable for the box's place; `set_text` takes the same.
    """
    kept = record(Typed, key)
    data = {
        "label": label,
        "placeholder": placeholder,
        "text": kept.text,
        "version": kept.version,
        "pause": PAUSE,
        "longest": LONGEST,
    }
    first = {"version": kept.version, "text": kept.text}
    typed = _BOX.read(
        Told("typed", partial(parse_typed, version=kept.version), first=first), key=f"{key}.box", data=data
    )
    if typed is not None:
        kept.text = typed
    return kept.text


def parse_typed(value: object, *, version: int) -> str | None:
    """A text as a browser sends it; None for anything else, and for a text of before Python put another one there."""
    if not isinstance(value, dict) or value.get("version") != version:
        return None
    text = value.get("text")
    if isinstance(text, str):
        text = HALVES.sub("\ufffd", text)  # of an emoji that the end of the box, or a browser, has cut in two
    return text if is_text(text, LONGEST) else None


def set_text(key: str, text: str) -> None:
    """Put a text into the box, with the next run of the page."""
    kept = record(Typed, key)
    kept.text, kept.version = text, kept.version + 1
