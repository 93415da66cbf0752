"""A hand that writes digits with the mouse: paths as a person would draw them, on a square of side 1."""

import math

from playwright.sync_api import Locator, Page

Path = list[tuple[float, float]]


def arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float, num: int = 24) -> Path:
    """Points of an ellipse from one angle to another, in degrees; 0 is to the right, 90 is down."""
    angles = [math.radians(start + (end - start) * i / (num - 1)) for i in range(num)]
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


DIGITS: dict[int, list[Path]] = {
    0: [arc(0.5, 0.5, 0.2, 0.3, -90, 270, 40)],
    1: [[(0.52, 0.2), (0.5, 0.5), (0.48, 0.8)]],
    2: [[*arc(0.5, 0.36, 0.17, 0.16, 190, 380), (0.33, 0.78), (0.7, 0.78)]],
    3: [[*arc(0.46, 0.35, 0.17, 0.15, 200, 440), *arc(0.46, 0.64, 0.2, 0.16, -80, 150)]],
    4: [[(0.4, 0.2), (0.3, 0.55), (0.7, 0.55)], [(0.62, 0.3), (0.6, 0.82)]],
    5: [[(0.66, 0.22), (0.38, 0.22), (0.36, 0.48), *arc(0.48, 0.62, 0.18, 0.17, -110, 150)]],
    6: [[(0.6, 0.2), (0.45, 0.35), (0.36, 0.55), *arc(0.5, 0.64, 0.15, 0.15, 180, -180, 32)]],
    7: [[(0.3, 0.24), (0.68, 0.24), (0.55, 0.5), (0.45, 0.8)]],
    8: [[*arc(0.5, 0.35, 0.14, 0.14, 90, -270, 32), *arc(0.5, 0.65, 0.17, 0.16, -90, 270, 32)]],
    9: [[*arc(0.5, 0.36, 0.15, 0.15, 0, -360, 32), (0.64, 0.5), (0.58, 0.82)]],
}


def write(page: Page, canvas: Locator, digit: int) -> None:
    """Draw a digit with the mouse."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    for path in DIGITS[digit]:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in path]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=3)
        page.mouse.up()
