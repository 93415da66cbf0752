"""One diagram for each family of networks, and the workflow from raw data to prediction. All are drawn here, as SVG."""

from __future__ import annotations

from collections.abc import Callable

from core.plots import svg

WIDTH, HEIGHT = 320, 190


def family_diagram(name: str) -> str:
    """The diagram of a family of `core.lessons.families`."""
    return svg.svg(WIDTH, HEIGHT, _DRAWN[name]())


def _column(
    x: float, count: int, *, gap: float = 34, radius: float = 11, role: str = "muted"
) -> tuple[list[str], list[float]]:
    places = [HEIGHT / 2 + (index - (count - 1) / 2) * gap for index in range(count)]
    return [svg.circle(x, y, radius, stroke=role) for y in places], places


def _connected(x1: float, from_: list[float], x2: float, to: list[float], radius: float = 11) -> list[str]:
    return [svg.line(x1 + radius, a, x2 - radius, b, width=1) for a in from_ for b in to]


def _perceptron() -> list[str]:
    inputs, places = _column(50, 3, gap=50)
    middle = HEIGHT / 2
    parts = [svg.line(61, y, 146, middle, role="accent", width=2, arrow=True) for y in places]
    parts += [*inputs, svg.circle(168, middle, 22, stroke="accent", width=2), svg.text(168, middle, "Σ", size=19)]
    parts += [
        svg.line(190, middle, 222, middle, role="muted", arrow=True),
        svg.box(224, middle - 22, 48, 44, fill="soft"),
    ]
    parts += [svg.path(f"M232 {middle + 10} H248 V{middle - 10} H264", role="accent", width=2.5)]
    parts += [svg.line(272, middle, 300, middle, role="muted", arrow=True)]
    parts += [
        svg.text(248, middle + 36, "yes or no", role="muted", size=12),
        svg.text(50, 178, "inputs", role="muted", size=12),
    ]
    return parts


def _ann() -> list[str]:
    xs, counts = (40, 120, 200, 280), (3, 5, 4, 2)
    columns = [
        _column(x, count, role="accent" if x in (120, 200) else "muted") for x, count in zip(xs, counts, strict=True)
    ]
    parts = []
    for index in range(3):
        parts += _connected(xs[index], columns[index][1], xs[index + 1], columns[index + 1][1])
    for drawn, _ in columns:
        parts += drawn
    labels = ((40, "input"), (160, "hidden layers"), (280, "output"))
    return [*parts, *(svg.text(x, 184, words, role="muted", size=12) for x, words in labels)]


def _cnn() -> list[str]:
    parts = [svg.box(14, 42, 92, 92, fill="soft", stroke="quiet", radius=3)]
    parts += [svg.line(14 + 23 * i, 42, 14 + 23 * i, 134, width=0.7) for i in (1, 2, 3)]
    parts += [svg.line(14, 42 + 23 * i, 106, 42 + 23 * i, width=0.7) for i in (1, 2, 3)]
    parts += [svg.box(37, 65, 46, 46, fill="none", stroke="accent", line_width=3, radius=2)]
    parts += [svg.line(83, 65, 142, 70, role="accent", width=1), svg.line(83, 111, 142, 76, role="accent", width=1)]
    for index in range(3):
        at = 130 + 9 * index
        parts.append(svg.box(at, 52 + 9 * index, 50, 50, stroke="accent", radius=3))
    parts.append(svg.line(204, 92, 224, 92, role="muted", arrow=True))
    for index in range(4):
        at = 226 + 6 * index
        parts.append(svg.box(at, 66 + 6 * index, 26, 26, stroke="accent", radius=3))
    parts.append(svg.line(274, 92, 288, 92, role="muted", arrow=True))
    parts += [svg.circle(300, 64 + 19 * index, 7) for index in range(4)]
    labels = ((60, "picture"), (160, "feature maps"), (243, "smaller"), (296, "answer"))
    return [*parts, *(svg.text(x, 162, words, role="muted", size=12) for x, words in labels)]


def _unrolled(name: str, *, second_line: bool = False, gates: tuple[str, ...] = ()) -> list[str]:
    parts = []
    for index, x in enumerate((60, 160, 260)):
        parts.append(svg.box(x - 32, 62, 64, 66, fill="soft", stroke="accent", line_width=2))
        if gates:
            parts.append(svg.text(x, 78, name, bold=True, size=12))
            width = 54 / len(gates)
            for at, gate in enumerate(gates):
                left = x - 27 + at * width
                parts.append(svg.box(left + 1, 92, width - 2, 26, stroke="quiet", radius=3, line_width=1))
                parts.append(svg.text(left + width / 2, 105, gate, size=11, role="second"))
        else:
            parts.append(svg.text(x, 95, name, bold=True))
        parts.append(svg.line(x, 158, x, 131, role="muted", arrow=True))
        parts.append(svg.text(x, 170, f"x{index + 1}", role="muted", size=12))
        parts.append(svg.line(x, 62, x, 38, role="muted", arrow=True))
        parts.append(svg.text(x, 26, f"h{index + 1}", role="muted", size=12))
        if index < 2:
            parts.append(svg.line(x + 33, 112, x + 66, 112, role="accent", width=2, arrow=True))
            parts.append(svg.text(x + 49, 122, "h", size=11))
            if second_line:
                parts.append(svg.line(x + 33, 80, x + 66, 80, role="second", width=3, arrow=True))
                parts.append(svg.text(x + 49, 70, "c", size=11, role="second"))
    return parts


def _transformer() -> list[str]:
    words = ("not", "a", "bad", "film")
    xs = (46, 122, 198, 274)
    parts = [
        svg.line(x1, 134, x2, 82, role="accent", width=0.8 + 1.4 * abs(i - j) % 3)
        for i, x1 in enumerate(xs)
        for j, x2 in enumerate(xs)
    ]
    for x, word in zip(xs, words, strict=True):
        parts += [svg.box(x - 30, 134, 60, 26, fill="soft", stroke="quiet"), svg.text(x, 147, word)]
        parts += [svg.box(x - 30, 56, 60, 26, stroke="accent"), svg.text(x, 69, f"{word}′")]
        parts.append(svg.line(x, 56, x, 38, role="muted", arrow=True))
    parts.append(svg.text(160, 24, "further layers, then the answer", role="muted", size=12))
    return [*parts, svg.text(160, 178, "attention: each word looks at all words", role="muted", size=12)]


def _gan() -> list[str]:
    return [
        svg.text(38, 50, "noise", role="muted", size=12), svg.circle(38, 76, 15), svg.text(38, 76, "z"),
        svg.line(54, 76, 76, 76, role="muted", arrow=True),
        svg.box(78, 54, 84, 44, fill="soft", stroke="accent", line_width=2), svg.text(120, 76, "generator", size=13),
        svg.line(162, 76, 196, 90, role="muted", arrow=True), svg.text(184, 70, "made", role="muted", size=12),
        svg.box(78, 122, 84, 34, stroke="quiet"), svg.text(120, 139, "real pictures", size=12),
        svg.line(162, 139, 196, 116, role="muted", arrow=True),
        svg.box(198, 80, 112, 46, fill="soft", stroke="second", line_width=2),
        svg.text(254, 103, "discriminator", size=13),
        svg.line(254, 126, 254, 150, role="muted", arrow=True), svg.text(254, 164, "made or real?", size=13),
        svg.path("M254 80 C254 20 120 20 120 52", role="second", dash="6 4", arrow=True),
        svg.text(190, 22, "gradient", role="second", size=12),
    ]  # fmt: skip


_DRAWN: dict[str, Callable[[], list[str]]] = {
    "perceptron": _perceptron,
    "ann": _ann,
    "cnn": _cnn,
    "rnn": lambda: _unrolled("RNN"),
    "lstm": lambda: _unrolled("LSTM", second_line=True, gates=("f", "i", "o")),
    "gru": lambda: _unrolled("GRU", gates=("r", "z")),
    "transformer": _transformer,
    "gan": _gan,
}
