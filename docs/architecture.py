"""Writes what docs/architecture.md says of the code's own structure: `python -m docs.architecture`.

The picture is of the imports that the code has, by way of grimp; the tree has the first sentence of each file. The
rest of that page is written by hand. A test compares.
"""

import ast
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- {name}: written by docs/architecture.py -->", "<!-- end of {name} -->"
BRANCHES = ("core", "ui", "pages", "release", "findings")


def page() -> str:
    """The whole of docs/architecture.md, with its written parts as the code is now."""
    text = PAGE.read_text(encoding="utf-8")
    for name, block in (("house", house()), ("tree", tree())):
        before, rest = text.split(BEGIN.format(name=name))
        after = rest.split(END.format(name=name))[1]
        text = f"{before}{BEGIN.format(name=name)}\n\n{block}\n{END.format(name=name)}{after}"
    return text


def house() -> str:
    """A Mermaid flowchart of rooms; an arrow is an import, left out where a longer way says the same."""
    graph = grimp.build_graph("core", "ui", include_external_packages=False, exclude_type_checking_imports=True)
    uses: dict[str, set[str]] = {}
    for module in graph.modules - {"core", "ui"}:
        room = _room(module)
        found = {_room(imported) for imported in graph.find_modules_directly_imported_by(module)}
        uses[room] = uses.get(room, set()) | found - {room, "core", "ui"}
    lines = ["```mermaid", "flowchart TD"]
    for side in ("ui", "core"):
        lines.append(f"  subgraph {side}")
        lines += [f"    {_id(room)}[{room.partition('.')[2]}]" for room in sorted(uses) if room.split(".")[0] == side]
        lines.append("  end")
    lines += [
        f"  {_id(room)} --> {_id(other)}"
        for room in sorted(uses)
        for other in sorted(uses[room])
        if not any(_leads(uses, between, other, {room}) for between in uses[room] - {other})
    ]
    return "\n".join([*lines, "```"])


def tree() -> str:
    """Every file with the first sentence of its docstring or of its first comment."""
    lines = ["```"]
    for branch in BRANCHES:
        for path in sorted((ROOT / branch).rglob("*")):
            if path.suffix in (".py", ".sh") and "__pycache__" not in path.parts and (said := _sentence(path)):
                lines.append(f"{path.relative_to(ROOT).as_posix():54} {said}")
    return "\n".join([*lines, "```"])


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _id(room: str) -> str:
    return room.replace(".", "_")


def _leads(uses: dict[str, set[str]], start: str, end: str, seen: set[str]) -> bool:
    if end in uses[start]:
        return True
    return any(_leads(uses, room, end, seen | {start}) for room in uses[start] - seen)


def _sentence(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sh":
        return text.splitlines()[1].removeprefix("# ")
    return (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
