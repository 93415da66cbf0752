"""The brush with which points are painted in the plane: browser code that components put before their own."""

from pathlib import Path

SCRIPT = (Path(__file__).parent / "browser" / "brush.js").read_text("utf-8")
