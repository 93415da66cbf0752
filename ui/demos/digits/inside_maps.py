"""Layer by layer: feature maps and filters, and one cell of them down to its products, as numbers."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch
from torch import nn

from core.explain import layers
from core.explain.layers import Block, Cell, number
from core.plots import maps, pictures
from ui.frame.style import is_dark
from ui.widgets.cell_picker import cell_picker

PAGE = 64  # maps in one picture
MAP = 280  # CSS px
SMALL = 140  # CSS px
NUM_STRONGEST = 10
_STYLE = """<style>
  .sum { overflow-x: auto; }
  .sum table { border-collapse: collapse; font-size: 0.8125rem; }
  .sum td, .sum th { padding: 0.2rem 0.35rem; text-align: right; white-space: nowrap; font-weight: 400;
    border-bottom: 1px solid color-mix(in srgb, currentcolor 15%, transparent); }
  .sum th, .sum caption { text-align: left; }
  .sum th[scope=col]:not(:first-child) { text-align: right; }
  .sum caption { padding-bottom: 0.25rem; }
  .sum small { opacity: 0.75; }
</style>"""


def show_layers(network: nn.Module, image: torch.Tensor, classes: tuple[str, ...]) -> None:
    """All of one layer, then one number of it."""
    blocks = layers.trace(network, image)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = st.selectbox(
            "Layer",
            range(len(blocks)),
            format_func=lambda chosen: _block_words(blocks[chosen]),
            key=f"inside.layer.{len(blocks)}",
            width=360,
            persist_state="session",
        )
        block = blocks[index]
        unit = _number(f"{_thing(block)} (1 to {len(block.sums)})", f"inside.unit.{index}", len(block.sums))
    shown = ["Sums", *(step.label for step in block.steps)]
    stage = 0
    if len(shown) > 1:
        stage = st.segmented_control(
            "Shown after",
            range(len(shown)),
            default=len(shown) - 1,
            required=True,
            format_func=shown.__getitem__,
            key=f"inside.stage.{len(shown)}.{block.is_convolution}",
            persist_state="session",
        )
    unit_key = f"inside.unit.{index}"
    values = block.sums if stage == 0 else block.steps[stage - 1].values
    with_filters = block.is_convolution or index == 0
    left, right = st.columns(2, gap="medium") if with_filters else (st.container(), st.container())
    with left:
        _maps(block, values, shown[stage], unit, unit_key, classes)
    if with_filters:
        with right:
            _filters(block, index, unit, unit_key)
    if block.is_convolution:
        _convolution_cell(block, index, unit)
    else:
        _neuron(block, unit, index, classes)


def _maps(
    block: Block, values: npt.NDArray[np.floating], stage: str, unit: int, key: str, classes: tuple[str, ...]
) -> None:
    tiles = values if values.ndim == 3 else values[:, None, None]
    thing = _thing(block).lower()
    kind = f"{len(tiles)} feature maps of {tiles.shape[1]}×{tiles.shape[2]}" if values.ndim == 3 else "activations"
    name = f" (for {classes[unit]})" if block.label == "Answers" else ""
    st.markdown(f"**{block.label}: {kind}, {stage if stage != 'Sums' else 'sums'}**")
    _sheet(
        tiles,
        unit,
        key=f"{key}.maps",
        label=f"Choose a {thing} of {block.label}: click, or arrow keys",
        alt=f"{block.label}, {stage}: {len(tiles)} {thing}s. {maps.scale_sentence(values)}",
        on_pick=_setter(key),
    )
    strongest = int(np.abs(tiles).max(axis=(1, 2)).argmax())
    st.caption(
        f"{maps.scale_sentence(values)} The strongest is {thing} {strongest + 1}; {thing} {unit + 1}{name} is chosen."
    )


def _filters(block: Block, index: int, unit: int, unit_key: str) -> None:
    """All filters, or weights, of the first layer; further on the chosen map's, one for each map that it reads."""
    weights = block.weights
    if not block.is_convolution:
        st.markdown(f"**The weights of all {len(weights)} neurons**, each a picture of 28×28")
        tiles = weights.reshape(-1, *block.shape[1:])
        alt = f"weights of {len(tiles)} neurons. {maps.scale_sentence(weights)}"
        label = "Choose a neuron by its weights: click, or arrow keys"
        _sheet(tiles, unit, key=f"{unit_key}.filters", label=label, alt=alt, on_pick=_setter(unit_key))
        st.caption(f"Blue weights want ink, orange ones want paper. {maps.scale_sentence(weights)}")
        return
    side = f"{weights.shape[2]}×{weights.shape[3]}"
    if index == 0:
        st.markdown(f"**Its {len(weights)} filters** of {side}, one behind each map")
        tiles, chosen, key = weights[:, 0], unit, unit_key
        label = "Choose a map by its filter: click, or arrow keys"
    else:
        st.markdown(
            f"**The filter behind map {unit + 1}**: {weights.shape[1]} layers of {side}, one for each map it reads"
        )
        key = f"inside.channel.{index}"
        tiles, chosen = weights[unit], _chosen(key, weights.shape[1])
        label = "Choose a map that is read: click, or arrow keys"
    alt = f"{len(tiles)} filters of {side}. {maps.scale_sentence(tiles)}"
    _sheet(tiles, chosen, key=f"{unit_key}.filters", label=label, alt=alt, on_pick=_setter(key))
    st.caption(maps.scale_sentence(tiles))


def _convolution_cell(block: Block, index: int, unit: int) -> None:
    _, height, width = block.sums.shape
    st.subheader(f"One cell of map {unit + 1}, in numbers", anchor=False)
    row_key, column_key = f"inside.row.{height}", f"inside.column.{width}"
    left, right = st.columns([1, 2], gap="medium")
    with left:
        with st.container(horizontal=True):
            row = _number(f"Row (1 to {height})", row_key, height, default=height // 2)
            column = _number(f"Column (1 to {width})", column_key, width, default=width // 2)
        values = block.sums[unit]

        def pick(picked_row: int, picked_column: int) -> None:
            st.session_state[row_key], st.session_state[column_key] = picked_row + 1, picked_column + 1

        cell_picker(
            maps.signed_picture(values, MAP * pictures.DENSITY, limit=maps.strongest(values), dark=is_dark()),
            key=f"inside.cell.{index}",
            label=f"Choose a cell of map {unit + 1}: click, or arrow keys",
            alt=f"Map {unit + 1} of {block.label}, before pooling. {maps.scale_sentence(values)}",
            shape=(height, width),
            chosen=(row, column),
            on_pick=pick,
            width=MAP,
        )
        st.caption(
            f"The sums of {block.label.lower()} before anything else happens to them. {maps.scale_sentence(values)}"
        )
    cell = layers.cell(block, unit, row, column)
    with right:
        channel = 0
        if len(cell.weights) > 1:
            channel = _number(
                f"Map that is read (1 to {len(cell.weights)})", f"inside.channel.{index}", len(cell.weights)
            )
        st.html(_STYLE + _patch_table(block, cell, channel))
        _sum_up(block, cell, index)


def _patch_table(block: Block, cell: Cell, channel: int) -> str:
    """Patch × kernel of one map that is read, as a table; beyond the border the patch is filled with zeros."""
    rows = []
    above, left = (cell.weights.shape[1] - 1) // 2, (cell.weights.shape[2] - 1) // 2
    _, height, width = block.inputs.shape
    for i, (inputs, weights, products) in enumerate(
        zip(cell.inputs[channel], cell.weights[channel], cell.products[channel], strict=True)
    ):
        columns = []
        for j, (value, weight, product) in enumerate(zip(inputs, weights, products, strict=True)):
            outside = not (0 <= cell.row - above + i < height and 0 <= cell.column - left + j < width)
            shown = "outside" if outside else number(value)
            columns.append(f"<td><small>{shown} × {number(weight)}</small><br>{number(product)}</td>")
        rows.append(f"<tr>{''.join(columns)}</tr>")
    what = "the picture" if len(cell.weights) == 1 else f"map {channel + 1} of {len(cell.weights)}"
    caption = f"Patch of {what} × kernel = product, around row {cell.row + 1}, column {cell.column + 1}"
    return f'<div class="sum" tabindex="0"><table><caption>{caption}</caption>{"".join(rows)}</table></div>'


def _sum_up(block: Block, cell: Cell, index: int) -> None:
    products = cell.products
    if len(products) > 1:
        each = products.sum(axis=(1, 2))
        with st.expander(f"The sums of all {len(products)} maps that are read"):
            st.html(_STYLE + _table([("Map", "Sum"), *((f"{i + 1}", number(v, 6)) for i, v in enumerate(each))]))
    _result(cell)
    if index == 0:
        st.caption(
            "Pixels come in standardised: paper is −0.4242, full ink 2.8215. “Outside” is the border around the "
            "picture, which counts as 0."
        )
    _afterwards(block, cell)


def _result(cell: Cell) -> None:
    bias = "no bias (batch normalisation follows)" if cell.bias is None else f"bias {number(cell.bias, 6)}"
    st.markdown(
        f"Sum of {cell.products.size:,} products {number(float(cell.products.sum()), 6)}, {bias}: "
        f"{number(cell.total, 6)}\n\nPyTorch computed {number(cell.computed, 6)}; "
        f"difference {abs(cell.total - cell.computed):.1e}, from rounding to single precision."
    )


def _afterwards(block: Block, cell: Cell) -> None:
    steps = layers.passed_on(block, cell)
    if not steps:
        return
    lines = ["What happens to it next:"]
    for step in steps:
        value = "" if step.value is None else f" → **{number(step.value)}**"
        lines.append(f"1. {step.label}: {step.sentence}{value}")
    st.markdown("\n".join([lines[0], "", *lines[1:]]))


def _neuron(block: Block, unit: int, index: int, classes: tuple[str, ...]) -> None:
    name = f" (for {classes[unit]})" if block.label == "Answers" else ""
    st.subheader(f"Neuron {unit + 1}{name}, in numbers", anchor=False)
    cell = layers.cell(block, unit)
    products = cell.products
    if index == 0:
        side = block.shape[1:]
        shown = (("what it reads", cell.inputs), ("its weights", cell.weights), ("their products", products))
        with st.container(horizontal=True, gap="medium"):
            for caption, flat in shown:
                values = flat.reshape(side)
                picture = maps.signed_picture(
                    values, SMALL * pictures.DENSITY, limit=maps.strongest(values), dark=is_dark()
                )
                st.image(picture, width=SMALL, caption=caption, alt=f"{caption}. {maps.scale_sentence(values)}")
    strongest = np.argsort(-np.abs(products))[:NUM_STRONGEST]
    rows: list[Sequence[str]] = [("Input", "Value", "Weight", "Product")]
    for i in strongest:
        place = _place(block.shape, int(i))
        rows.append((place, number(cell.inputs[i]), number(cell.weights[i]), number(products[i])))
    rest = products.sum() - products[strongest].sum()
    rows.append((f"the other {len(products) - len(strongest)} together", "", "", number(rest)))
    st.html(_STYLE + _table(rows, caption="The strongest products"))
    _result(cell)
    _afterwards(block, cell)
    if block.label == "Answers":
        st.caption("Softmax turns the sums into probabilities: e to the power of each, divided by the sum of them all.")


def _place(shape: tuple[int, ...], index: int) -> str:
    if len(shape) == 1:
        return f"neuron {index + 1}"
    channel, row, column = (int(at) + 1 for at in np.unravel_index(index, shape))
    return f"{'' if shape[0] == 1 else f'map {channel}, '}row {row}, column {column}"


def _sheet(
    tiles: npt.NDArray[np.floating], chosen: int, *, key: str, label: str, alt: str, on_pick: Callable[[int], None]
) -> None:
    """Maps to choose from, the page of them that holds the chosen one."""
    start = chosen // PAGE * PAGE
    page = tiles[start : start + PAGE]
    columns = maps.columns_for(len(page))
    if len(tiles) > PAGE:
        st.caption(f"{start + 1} to {start + len(page)} of {len(tiles)}")
    cell_picker(
        maps.sheet(page, limit=maps.strongest(tiles), dark=is_dark()),
        key=key,
        label=label,
        alt=alt,
        shape=(math.ceil(len(page) / columns), columns),
        chosen=divmod(chosen - start, columns),
        on_pick=lambda row, column: on_pick(start + row * columns + column),
        width=maps.sheet_width(len(page)),
        count=len(page),
    )


def _table(rows: Sequence[Sequence[str]], *, caption: str = "") -> str:
    head, *body = rows
    lines = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{text}</td>" for text in row)}</tr>' for name, *row in body
    )
    header = "".join(f'<th scope="col">{text}</th>' for text in head)
    return f'<div class="sum" tabindex="0"><table><caption>{caption}</caption><tr>{header}</tr>{lines}</table></div>'


def _number(label: str, key: str, count: int, *, default: int = 0) -> int:
    """A whole number from 1 on the page, from 0 here."""
    st.session_state[key] = _chosen(key, count, default=default) + 1
    return int(st.number_input(label, 1, count, key=key, width=160, persist_state="session")) - 1


def _chosen(key: str, count: int, *, default: int = 0) -> int:
    """The number that a key holds, from 0; another network may have fewer."""
    return min(int(st.session_state.get(key, default + 1)), count) - 1


def _setter(key: str) -> Callable[[int], None]:
    def choose(index: int) -> None:
        st.session_state[key] = index + 1

    return choose


def _thing(block: Block) -> str:
    return "Map" if block.is_convolution else "Neuron"


def _block_words(block: Block) -> str:
    if block.is_convolution:
        count, height, width = block.sums.shape
        return f"{block.label} · {count} maps of {height}×{width}"
    return f"{block.label} · {len(block.sums)} neurons"
