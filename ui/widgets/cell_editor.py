"""A grid of cells to draw a digit with the keyboard alone, for people who cannot or do not want to use the canvas.

Here: the component and the check of what the browser sends. Scaling the grid to the network's input is not.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from core.errors import InvalidInputError
from ui.frame.component import Component, Told
from ui.frame.state import record

_HTML = """
<div class="editor">
  <div class="grid" role="grid" aria-multiselectable="true" aria-describedby="help"></div>
  <div class="tools">
    <button type="button">Clear</button>
    <span class="notice" role="status"></span>
    <span class="spoken" role="status"></span>
  </div>
  <p id="help">Arrow keys move, Space toggles ink, Shift + arrows draw, X + arrows erase, Delete twice clears.
    Dragging works too.</p>
</div>
"""

_CSS = """
.editor { width: min(100%, 280px); color: var(--st-text-color); font-family: var(--st-font), sans-serif; }
.editor * { box-sizing: border-box; }
.grid {
  --outline: color-mix(in srgb, var(--st-text-color) 55%, var(--st-background-color));
  display: grid; width: 100%; aspect-ratio: 1; gap: 1px; padding: 1px;
  background: var(--st-border-color); border: 1px solid var(--outline); border-radius: 4px;
  touch-action: none; user-select: none; -webkit-user-select: none; cursor: crosshair;
}
[role="row"] { display: contents; }
[role="gridcell"] { min-width: 0; min-height: 0; background: var(--st-secondary-background-color); outline: none; }
[role="gridcell"].ink { background: var(--st-text-color); }
[role="gridcell"]:focus-visible {
  position: relative; z-index: 1; border-radius: 2px;
  outline: 3px solid var(--st-primary-color); box-shadow: inset 0 0 0 2px var(--st-background-color);
}
.tools { display: flex; align-items: center; gap: 0.75rem; margin-top: 0.5rem; min-height: 2rem; }
button {
  font: inherit; font-size: 0.875rem; padding: 0.25rem 0.75rem; min-height: 2rem; cursor: pointer;
  color: inherit; background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, 0.5rem);
}
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.notice, p { font-size: 0.875rem; line-height: 1.4; }
p { margin: 0.5rem 0 0; color: color-mix(in srgb, var(--st-text-color) 75%, var(--st-background-color)); }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) {
  [role="gridcell"] { forced-color-adjust: none; background: Canvas; }
  [role="gridcell"].ink { background: CanvasText; }
}
"""

_JS = """
const REPORT_DELAY = 200;  // ms without a change before Python hears of it
const CONFIRM_TIME = 4000;  // ms in which the second Delete counts
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

class Editor {
  constructor(root, size, value) {
    this.grid = root.querySelector(".grid");
    this.notice = root.querySelector(".notice");
    this.spoken = root.querySelector(".spoken");
    this.size = size;
    this.ink = Array.from({ length: size * size }, (_, index) => value?.[index] === "1");
    this.current = Math.floor(size / 2) * size + Math.floor(size / 2);
    this.erasing = false;  // X is held down
    this.confirming = 0;  // timer of the first Delete
    this.build();
    this.grid.addEventListener("keydown", (event) => this.onKey(event));
    this.grid.addEventListener("keyup", (event) => { if (event.key.toLowerCase() === "x") this.erasing = false; });
    this.grid.addEventListener("focusout", (event) => { if (!this.grid.contains(event.relatedTarget)) this.leave(); });
    this.grid.addEventListener("pointerdown", (event) => this.onDown(event));
    this.grid.addEventListener("pointermove", (event) => this.onMove(event));
    for (const end of ["pointerup", "pointercancel"]) this.grid.addEventListener(end, () => { this.pen = null; });
    root.querySelector("button").addEventListener("click", () => this.clear());
  }

  build() {
    this.grid.setAttribute("aria-label", `Drawing of ${this.size} by ${this.size} cells`);
    this.grid.style.gridTemplate = `repeat(${this.size}, minmax(0, 1fr)) / repeat(${this.size}, minmax(0, 1fr))`;
    this.cells = [];
    for (let row = 0; row < this.size; row++) {
      const line = document.createElement("div");
      line.setAttribute("role", "row");
      for (let column = 0; column < this.size; column++) {
        const cell = document.createElement("div");
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = -1;
        line.append(cell);
        this.cells.push(cell);
      }
      this.grid.append(line);
    }
    this.cells.forEach((_, index) => this.show(index));
    this.cells[this.current].tabIndex = 0;
  }

  show(index) {
    const [row, column] = [Math.floor(index / this.size) + 1, (index % this.size) + 1];
    const cell = this.cells[index];
    cell.classList.toggle("ink", this.ink[index]);
    cell.setAttribute("aria-selected", this.ink[index]);
    cell.setAttribute("aria-label", `row ${row}, column ${column}, ${this.ink[index] ? "ink" : "empty"}`);
  }

  set(index, ink) {
    if (this.ink[index] === ink) return;
    this.ink[index] = ink;
    this.show(index);
    this.changed();
  }

  changed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.grid.isConnected) this.report(this.ink.map((ink) => (ink ? "1" : "0")).join(""));
    }, REPORT_DELAY);
  }

  focus(index) {
    this.cells[this.current].tabIndex = -1;
    this.current = index;
    this.cells[index].tabIndex = 0;
    this.cells[index].focus({ preventScroll: Boolean(this.pen) });
  }

  clear() {
    this.stopConfirming();
    this.ink.forEach((_, index) => this.set(index, false));
    this.spoken.textContent = "Cleared.";
  }

  stopConfirming() {
    clearTimeout(this.confirming);
    this.confirming = 0;
    this.notice.textContent = "";
  }

  leave() {
    this.erasing = false;  // its keyup goes elsewhere
    this.stopConfirming();
  }

  onKey(event) {
    const { key } = event;
    const lower = key.toLowerCase();
    if (event.altKey || event.metaKey || (event.ctrlKey && key !== "Home" && key !== "End")) return;
    const wipes = key === "Delete" || key === "Backspace";
    if (!wipes) this.stopConfirming();
    if (STEPS[key]) this.step(STEPS[key], event.shiftKey);
    else if (key === "Home" || key === "End") this.jump(key, event.ctrlKey);
    else if (key === " " || key === "Enter") { if (!event.repeat) this.stamp(!this.ink[this.current]); }
    else if (lower === "x") { this.erasing = true; if (!event.repeat) this.stamp(false); }
    else if (wipes) { if (!event.repeat) this.wipe(key); }
    else return;
    event.preventDefault();
    event.stopPropagation();  // Streamlit has shortcuts on single keys
  }

  step([down, right], drawing) {
    const row = Math.floor(this.current / this.size) + down;
    const column = (this.current % this.size) + right;
    const inside = row >= 0 && column >= 0 && row < this.size && column < this.size;
    const target = inside ? row * this.size + column : this.current;
    if (drawing || this.erasing) for (const index of [this.current, target]) this.set(index, !this.erasing);
    this.focus(target);  // after the ink, so that a screen reader speaks the new label
  }

  jump(key, whole) {
    const start = whole ? 0 : this.current - (this.current % this.size);
    this.focus(key === "Home" ? start : whole ? this.cells.length - 1 : start + this.size - 1);
  }

  stamp(ink) {
    this.set(this.current, ink);
    this.spoken.textContent = ink ? "ink" : "empty";
  }

  wipe(key) {
    if (this.confirming) { this.clear(); return; }
    this.notice.textContent = `Press ${key} again to clear all.`;
    this.confirming = setTimeout(() => this.stopConfirming(), CONFIRM_TIME);
  }

  at(event) {
    const box = this.grid.getBoundingClientRect();
    const cell = (offset, length) => Math.min(this.size - 1, Math.max(0, Math.floor((offset / length) * this.size)));
    return { row: cell(event.clientY - box.top, box.height), column: cell(event.clientX - box.left, box.width) };
  }

  onDown(event) {
    if (!event.isPrimary || event.button !== 0) return;
    this.stopConfirming();
    const place = this.at(event);
    const index = place.row * this.size + place.column;
    this.pen = { ...place, ink: !this.ink[index] };  // starting on ink erases
    this.grid.setPointerCapture(event.pointerId);
    this.set(index, this.pen.ink);
    this.focus(index);
  }

  onMove(event) {
    if (!this.pen || !event.isPrimary) return;
    const { row, column } = this.at(event);
    const [down, right] = [row - this.pen.row, column - this.pen.column];
    const steps = Math.max(Math.abs(down), Math.abs(right));
    if (!steps) return;
    for (let i = 1; i <= steps; i++) {  // a fast hand skips cells between two events
      const [y, x] = [Math.round(this.pen.row + (down * i) / steps), Math.round(this.pen.column + (right * i) / steps)];
      this.set(y * this.size + x, this.pen.ink);
    }
    Object.assign(this.pen, { row, column });
    this.focus(row * this.size + column);
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const node = parentElement.querySelector(".editor");
  // Only a fresh node takes its cells from Python: afterwards the browser is ahead of what Python last heard.
  node.editor ??= new Editor(node, data.size, data.cells);
  node.editor.report = (cells) => setStateValue("cells", cells);
}
"""

_EDITOR = Component("cell_editor", html=_HTML, css=_CSS, js=_JS)


@dataclass
class _Kept:
    """What is drawn: Streamlit forgets a component's own state while it is not on the page."""

    cells: str | None = None


def cell_editor(*, key: str, size: int = 14) -> np.ndarray | None:
    """Show a grid to draw on with the keyboard (or by dragging) and return what is drawn on it.

    The drawing outlives reruns and page switches; a new key begins an empty one.

    Args:
        key: stable for the editor's place on the page, and for its size.
        size: cells per side; the whole is at most 280 px wide.

    Returns:
        (size, size) float32, 1 for ink and 0 for empty, or None when nothing is drawn.

    Raises:
        InvalidInputError: the browser sent something that is not a grid of that size; the editor keeps working.
    """
    kept = record(_Kept, key)
    told = Told("cells", partial(checked_cells, size=size), first=kept.cells)
    kept.cells = _EDITOR.read(told, key=key, data={"size": size, "cells": kept.cells})
    return parse_cells(kept.cells, size=size)


def checked_cells(value: object, *, size: int) -> str | None:
    """The cells that a browser reports, row by row as '0' and '1'; None when nothing was reported yet.

    Raises:
        InvalidInputError: not a string, another length or another character.
    """
    if value is None:
        return None
    if not isinstance(value, str) or len(value) != size * size or not set(value) <= {"0", "1"}:
        raise InvalidInputError(
            f"The cell editor sent a drawing that cannot be read: it has to be {size * size} cells, each 0 or 1. "
            "Reload the page and draw again."
        )
    return value


def parse_cells(value: object, *, size: int) -> np.ndarray | None:
    """The same as an image: (size, size) float32 of 0 and 1, or None when no cell has ink."""
    cells = checked_cells(value, size=size)
    if cells is None or "1" not in cells:
        return None
    return np.array([cell == "1" for cell in cells], dtype=np.float32).reshape(size, size)
