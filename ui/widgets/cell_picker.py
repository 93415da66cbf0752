"""A picture of equal places, one of which is chosen by a click or with the arrow keys.

Here: the component and the check of what the browser sends. What the places show is the caller's business.
"""

import base64
import io
from collections.abc import Callable
from functools import partial

from PIL import Image

from ui.frame.component import Component, Told, is_whole

_HTML = """
<div class="picker" role="group" tabindex="0"><img alt=""><span class="mark"></span></div>
"""

_CSS = """
.picker { position: relative; max-width: 100%; cursor: pointer; line-height: 0; border-radius: 4px; }
.picker img { width: 100%; height: auto; image-rendering: pixelated; border-radius: 2px; }
.picker:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
.mark {
  position: absolute; pointer-events: none; border-radius: 3px; box-sizing: content-box; translate: -2px -2px;
  border: 2px solid var(--st-text-color); outline: 1px solid var(--st-background-color);
}
"""

_JS = r"""
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export default function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".picker");
  const { rows, columns, count } = data;
  const mark = node.querySelector(".mark");
  const image = node.querySelector("img");
  node.style.width = `${data.width}px`;
  node.setAttribute("aria-label", data.label);
  if (image.src !== data.picture) image.src = data.picture;
  image.alt = data.alt;
  node.place = [data.row, data.column];
  const show = () => {
    mark.style.top = `${(100 * node.place[0]) / rows}%`;
    mark.style.left = `${(100 * node.place[1]) / columns}%`;
    mark.style.height = `${100 / rows}%`;
    mark.style.width = `${100 / columns}%`;
  };
  const choose = (row, column) => {
    if (row < 0 || column < 0 || row >= rows || column >= columns || row * columns + column >= count) return;
    node.place = [row, column];
    show();
    setTriggerValue("place", node.place);
  };
  node.onclick = (event) => {
    const box = image.getBoundingClientRect();
    choose(
      Math.floor(((event.clientY - box.top) / box.height) * rows),
      Math.floor(((event.clientX - box.left) / box.width) * columns),
    );
  };
  node.onkeydown = (event) => {
    if (!(event.key in MOVES)) return;
    event.preventDefault();
    choose(node.place[0] + MOVES[event.key][0], node.place[1] + MOVES[event.key][1]);
  };
  show();
}
"""

_PICKER = Component("cell_picker", html=_HTML, css=_CSS, js=_JS)


def cell_picker(
    picture: Image.Image,
    *,
    key: str,
    label: str,
    alt: str,
    shape: tuple[int, int],
    chosen: tuple[int, int],
    on_pick: Callable[[int, int], None],
    width: int,
    count: int | None = None,
) -> None:
    """Show the picture with the chosen place outlined.

    Args:
        key: stable for the picker's place on the page.
        label: what is chosen here, and how.
        alt: one sentence that says what the picture shows.
        shape: rows and columns of places; they have one size.
        chosen: row and column, from 0.
        on_pick: called with row and column before the page runs again.
        width: in CSS px; a narrow page shrinks it.
        count: places in use, row by row, where the last row is not full.
    """
    rows, columns = shape
    used = rows * columns if count is None else count
    data = {
        "picture": _address(picture),
        "rows": rows,
        "columns": columns,
        "count": used,
        "row": chosen[0],
        "column": chosen[1],
        "label": label,
        "alt": alt,
        "width": width,
    }
    told = Told("place", partial(parse_place, columns=columns, count=used), lambda place: on_pick(*place))
    _PICKER.show(key=key, data=data, told=[told])


def parse_place(value: object, *, columns: int, count: int) -> tuple[int, int] | None:
    """Row and column as a browser sends them; None for anything that is no place of this picture.

    The picture may have changed between the click and its arrival, so this is nothing to complain about.
    """
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    row, column = value
    if not is_whole(row, 0, count) or not is_whole(column, 0, columns - 1) or row * columns + column >= count:
        return None
    return row, column


def _address(picture: Image.Image) -> str:
    data = io.BytesIO()
    picture.save(data, "PNG")
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"
