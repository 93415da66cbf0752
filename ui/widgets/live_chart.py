"""A Plotly chart that is updated in place: node, zoom and hover survive new data, which `st.plotly_chart` redraws.

The figure comes styled for the mode of the page; when the reader switches the theme, which does not run the page
again, its colours are exchanged for their twins in the browser. Plotly's own script is served from the installed
package, compressed once, under an address that carries its version: `plotly_route()` belongs to the app's routes.
"""

import functools
import gzip
from importlib.resources import files

import plotly
import plotly.graph_objects as go
import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.plots.template import twins
from ui.frame.component import Component
from ui.frame.style import is_dark

_YEAR = 31_536_000  # seconds

_HTML = '<div class="glassbox-chart" role="img"></div>'

_CSS = ".glassbox-chart { width: 100%; min-width: 0; }"

_JS = r"""
const CONFIG = { displayModeBar: false, doubleClick: "reset", responsive: false };

function loadPlotly(address) {
  window.glassboxPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { window.glassboxPlotly = undefined; reject(new Error("Charts could not be loaded.")); };
    document.head.append(script);
  });
  return window.glassboxPlotly;
}

function pageIsDark(node) {
  const probe = document.createElement("span");
  probe.style.color = "var(--st-background-color)";
  node.parentNode.append(probe);
  const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  probe.remove();
  return 0.3 * red + 0.6 * green + 0.1 * blue < 128;
}

function recolored(figure, twins) {
  return figure.replace(/#[0-9a-f]{6}\b/g, (color) => twins[color] ?? color);
}

function draw(Plotly, node) {
  if (node.drawn === node.wanted || !node.isConnected) return;
  node.drawn = node.wanted;
  const { data, layout } = JSON.parse(node.wanted);
  // under a finger, dragging scrolls the page
  if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
  Plotly.react(node, data, layout, CONFIG);
}

export default async function ({ data, parentElement }) {
  const node = parentElement.querySelector(".glassbox-chart");
  node.setAttribute("aria-label", data.alt);
  node.dataset.key = data.key;  // for what follows a chart, such as the cursor of a player
  node.style.height = `${data.height}px`;
  node.wanted = pageIsDark(node) === data.dark ? data.figure : recolored(data.figure, data.twins);
  const Plotly = await loadPlotly(data.script);
  draw(Plotly, node);
  if (!node.sizes) {
    node.sizes = new ResizeObserver(() => { if (node.clientWidth && node.drawn) Plotly.Plots.resize(node); });
    node.sizes.observe(node);
  }
  return () => {
    if (node.isConnected) return;
    node.sizes.disconnect();
    Plotly.purge(node);
  };
}
"""

# Plotly puts its styles into the document, so the chart must not be isolated from it.
_CHART = Component("live_chart", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)


def live_chart(figure: go.Figure, *, key: str, alt: str, height: int | None = None) -> None:
    """Show a figure, or update the one that is shown under this key.

    Zoom survives as long as the figure's `uirevision` and its explicit axis ranges stay the same; a double click goes
    back to the whole. The colours are the figure's: pass it styled with `dark=is_dark()`.

    Args:
        key: stable for the chart's place on the page.
        alt: one sentence that says what the figure shows, for people who do not see it.
        height: in px; None: the figure's own.
    """
    if height is not None:
        figure = go.Figure(figure).update_layout(height=height)
    dark = is_dark()
    data = {
        "figure": figure.to_json(),
        "alt": alt,
        "key": key,
        "height": figure.layout.height,
        "script": _script_path(),
        "dark": dark,
        "twins": twins(dark),
    }
    _CHART.show(key=key, data=data)


def plotly_route() -> Route:
    """The route that serves Plotly's script; pass it to `streamlit.App(routes=[...])`."""
    return Route(_script_path(), _serve_plotly, methods=["GET"])


def _script_path() -> str:
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{'/' + base if base else ''}/_glassbox/plotly-{plotly.__version__}.min.js"


def _serve_plotly(request: Request) -> Response:
    headers = {"Cache-Control": f"public, max-age={_YEAR}, immutable", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(_compressed(), media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})
    return Response(_script(), media_type="text/javascript", headers=headers)


def _script() -> bytes:
    return files(plotly).joinpath("package_data/plotly.min.js").read_bytes()


@functools.cache
def _compressed() -> bytes:
    """Plotly's script, compressed once: 4.8 MB become 1.5 MB."""
    return gzip.compress(_script(), compresslevel=6, mtime=0)
