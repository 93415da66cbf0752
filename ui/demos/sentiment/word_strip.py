"""The words of a text in colours; a click on one offers to delete or to replace it.

Here: the component and the check of what the browser sends. What the colours say is the caller's business.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from ui.frame.component import Component, Told, is_text, is_whole

MAX_REPLACEMENT = 60  # characters

_HTML = """
<div class="strip">
  <p class="words" role="group"></p>
  <form class="edit" hidden>
    <b></b>
    <button type="button">Delete</button>
    <label>or replace by <input maxlength="60" autocomplete="off"></label>
    <button type="submit">Replace</button>
  </form>
</div>
"""

_CSS = """
.strip { font-family: var(--st-font), sans-serif; color: var(--st-text-color); }
.words { margin: 0; font-size: 1.1rem; line-height: 2.1; overflow-wrap: anywhere; white-space: pre-wrap; }
.words button {
  font: inherit; color: inherit; border: 0; border-radius: 4px; padding: 0.1rem 0.2rem; margin: 0; cursor: pointer;
  white-space: pre-wrap; overflow-wrap: anywhere; text-align: left;
}
.words button:hover, .words button[aria-expanded="true"] { outline: 2px solid var(--st-primary-color); }
.words button:focus-visible, .edit :focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.words button.unknown { border-bottom: 2px dotted currentColor; border-radius: 4px 4px 0 0; }
.words button.cut { opacity: 0.55; text-decoration: line-through; }
.words sup { font-size: 0.7rem; font-weight: 600; }
.words small { font-size: 0.72rem; opacity: 0.85; padding-left: 0.25rem; }
.edit { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem; margin-top: 0.5rem; font-size: 0.9rem; }
.edit[hidden] { display: none; }
.edit button, .edit input {
  font: inherit; color: inherit; padding: 0.25rem 0.6rem; min-height: 2rem; background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, 0.5rem);
}
.edit input { width: 9rem; }
"""

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".strip");
  const [place, form] = [node.querySelector(".words"), node.querySelector(".edit")];
  const input = form.querySelector("input");
  const state = JSON.stringify(data);
  if (node.state === state) return;
  node.state = state;
  form.hidden = true;
  place.setAttribute("aria-label", data.label);
  const open = (index, button) => {
    const again = node.open === index && !form.hidden;
    for (const other of place.children) other.setAttribute("aria-expanded", "false");
    form.hidden = again;
    if (again) return;
    node.open = index;
    button.setAttribute("aria-expanded", "true");
    form.querySelector("b").textContent = data.words[index].text;
    input.value = "";
    form.querySelector("button").focus();
  };
  place.replaceChildren(...data.words.flatMap((word, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word.text;
    button.style.background = word.color;
    button.title = word.title;
    button.setAttribute("aria-label", `${word.text}: ${word.title}. Delete or replace.`);
    button.setAttribute("aria-expanded", "false");
    button.classList.toggle("unknown", word.unknown);
    button.classList.toggle("cut", word.cut);
    if (word.sign) button.append(Object.assign(document.createElement("sup"), { textContent: word.sign }));
    if (word.note) button.append(Object.assign(document.createElement("small"), { textContent: word.note }));
    button.disabled = !data.editable;
    button.onclick = () => open(index, button);
    return [document.createTextNode(word.gap), button];
  }));
  const send = (by) => { form.hidden = true; setTriggerValue("edit", { index: node.open, by, text: data.text }); };
  form.querySelector("button").onclick = () => send("");
  form.onsubmit = (event) => { event.preventDefault(); if (input.value.trim()) send(input.value); };
  form.onkeydown = (event) => {
    event.stopPropagation();  // Streamlit has shortcuts on single keys
    if (event.key === "Escape") { form.hidden = true; place.children[node.open]?.focus(); }
  };
}
"""

_STRIP = Component("word_strip", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True)
class Shown:
    """A word as it is shown."""

    text: str
    gap: str  # white space before it
    color: str  # of its background
    title: str  # what the colour says, in words
    sign: str = ""  # "+" or "−", for those who cannot tell the colours apart
    note: str = ""  # the pieces of an unknown word
    unknown: bool = False
    cut: bool = False


def word_strip(
    words: Sequence[Shown], *, key: str, text: str, label: str, on_edit: Callable[[int, str], None] | None
) -> None:
    """Show the words.

    Args:
        key: stable for the strip's place on the page.
        text: the whole text; an edit of another text is ignored.
        label: what the strip is, for a screen reader.
        on_edit: called with the index of a word and what to put in its place ("" deletes it), before the page runs
            again; None where nothing can be edited.
    """
    data = {"words": [asdict(word) for word in words], "text": text, "label": label, "editable": on_edit is not None}
    take = None if on_edit is None else lambda edit: on_edit(*edit)
    _STRIP.show(key=key, data=data, told=[Told("edit", partial(parse_edit, text=text, count=len(words)), take)])


def parse_edit(value: object, *, text: str, count: int) -> tuple[int, str] | None:
    """Index and replacement as a browser sends them; None for anything that is no edit of this text."""
    if not isinstance(value, dict) or value.get("text") != text:
        return None
    index, by = value.get("index"), value.get("by")
    return (index, by) if is_whole(index, 0, count - 1) and is_text(by, MAX_REPLACEMENT) else None
