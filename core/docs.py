"""The documentation of knobs and presets, of data sets, and of what can be brought, read from their declarations.

`python -m core.docs > docs/knobs.md`, and the same with `data > docs/data.md` and `inputs > docs/inputs.md`, write
it; a test compares. What a page shows beside a slider is not made here.
"""

import sys
from typing import TYPE_CHECKING, Any

from core import demos
from core.contract import Task
from core.data import registry
from core.data.registry import DataSet
from core.demo import Demo
from core.knobs import Choice, Config, Flag, Knob, Several, knobs

if TYPE_CHECKING:
    from core.inputs import Input

INTRODUCTION = """\
# Knobs

Every knob of every demo, as declared in its config. The names stand in addresses (`?depth=2&optimizer=sgd`) and in
saved runs. This page is written by `python -m core.docs > docs/knobs.md`.
"""

DATA_INTRODUCTION = """\
# Data sets

Every data set of the studio, as the registry describes it (`core/data/registry.py`). `python -m core data` says which
of them are on this machine, and `python -m core data --download NAME` gets one. This page is written by
`python -m core.docs data > docs/data.md`.
"""


INPUTS_INTRODUCTION = """\
# What can be brought

Files and drawings that the studio reads, and their limits, as the code has them (`core/inputs.py`). What breaks a limit
is refused with a sentence that says which; nothing is guessed in silence. This page is written by
`python -m core.docs inputs > docs/inputs.md`.
"""


def knobs_page() -> str:
    """The whole of docs/knobs.md, Markdown."""
    return "\n".join([INTRODUCTION, *(_demo(demos.find(name)) for name in demos.names())])


def data_page() -> str:
    """The whole of docs/data.md, Markdown."""
    sets = [registry.find(name) for name in registry.names()]
    head = ["name", "data set", "medium", "what it is", "how it comes here", "licence", "source"]
    rows = [
        [f"`{one.name}`", one.label, one.medium, one.sentence, _way(one), one.licence, one.citation] for one in sets
    ]
    return "\n".join([DATA_INTRODUCTION, _table(head, rows)])


def inputs_page() -> str:
    """The whole of docs/inputs.md, Markdown."""
    from core import inputs  # it reads all media

    return "\n".join([INPUTS_INTRODUCTION, *(_input(one) for one in inputs.INPUTS)])


def _input(one: "Input") -> str:
    parts = [
        f"## {one.name}\n\n{one.where}.\n",
        _table(["format", "suffix"], [list(row) for row in one.formats]),
        _table(["limit of", "is"], [list(row) for row in one.limits]),
        *(f"- {remark}" for remark in one.remarks),
    ]
    return "\n".join(parts) + ("\n" if one.remarks else "")


def _way(data_set: DataSet) -> str:
    origin = data_set.origin
    if origin.num_bytes:
        return f"download, {origin.num_bytes / 1e6:,.1f} MB, into `{origin.folder}`"
    return "made on the machine" if origin.can_fetch else "installed with the studio"


def _demo(demo: Demo) -> str:
    task = demo.task
    defaults = task.Config()
    rows = [
        [
            f"`{name}`",
            declared.label,
            _allowed(declared),
            _default(declared, getattr(defaults, name)),
            _help(task, name),
        ]
        for name, declared in knobs(task.Config).items()
    ]
    presets = [[preset.label, preset.sentence, _changes(task.Config, preset.values)] for preset in task.presets]
    return "\n".join(
        [
            f"## {demo.title}\n",
            _table(["name", "knob", "allowed", "default", "what it does"], rows),
            f"### Presets of {demo.title}\n",
            _table(["preset", "what it is for", "differs from the defaults in"], presets),
        ]
    )


def _allowed(declared: Knob) -> str:
    if isinstance(declared, Choice):
        return "<br>".join(f"`{value}`: {label}" for value, label in declared.options.items())
    return " ".join(filter(None, [declared.allowed(), declared.unit]))


def _default(declared: Knob, value: Any) -> str:
    if isinstance(declared, Choice | Several):
        return f"`{value}`"
    if isinstance(declared, Flag):
        return "on" if value else "off"
    return " ".join(filter(None, [f"{value:g}" if isinstance(value, float) else str(value), declared.unit]))


def _help(task: Task, name: str) -> str:
    declared = knobs(task.Config)
    conditions = " and ".join(
        f"{declared[other].label} is {' or '.join(_default(declared[other], value) for value in values)}"
        for other, values in declared[name].when.items()
    )
    return declared[name].help + (f" Matters when {conditions}." if conditions else "")


def _changes(config_type: type[Config], values: Any) -> str:
    declared = knobs(config_type)
    return ", ".join(f"{declared[name].label}: {_default(declared[name], value)}" for name, value in values.items())


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    pages = {"data": data_page, "inputs": inputs_page}
    print(pages.get(" ".join(sys.argv[1:]), knobs_page)(), end="")
