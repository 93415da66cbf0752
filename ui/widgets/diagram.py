"""An SVG diagram on the page, in its colours, announced as a picture with a sentence.

`st.html` strips SVG and `st.image` cannot use the page's font, so this is a component of a few lines. The text comes
from `core/plots`, never from people.
"""

from ui.frame.component import Component
from ui.frame.style import palette_css

_HTML = '<div class="diagram" role="img"></div>'
_ROLES = ("accent", "second", "quiet", "muted", "text", "paper", "soft", "none")
_CSS = (
    palette_css(".diagram")
    + """
.diagram { margin: 0 auto; }
.diagram svg { display: block; width: 100%; height: auto; }
.diagram text { font-family: var(--st-font), sans-serif; font-variant-numeric: tabular-nums; }
"""
    + "".join(
        f".fill-{role} {{ fill: var(--{role}, none); }} .stroke-{role} {{ stroke: var(--{role}, none); }}\n"
        for role in _ROLES
    )
)
_JS = """
export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".diagram");
  node.setAttribute("aria-label", data.alt);
  node.style.maxWidth = `${data.width}px`;
  if (node.drawn === data.svg) return;
  node.drawn = data.svg;
  node.innerHTML = data.svg;
}
"""

_DIAGRAM = Component("diagram", html=_HTML, css=_CSS, js=_JS)


def diagram(svg: str, *, key: str, alt: str, width: int = 640) -> None:
    """Show a diagram.

    Args:
        svg: from `core.plots.svg`.
        key: stable for its place on the page.
        alt: one sentence that says what it shows, for people who do not see it.
        width: at most, in CSS px; a narrow page shrinks it.
    """
    _DIAGRAM.show(key=key, data={"svg": svg, "alt": alt, "width": width})
