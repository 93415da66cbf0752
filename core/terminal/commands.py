"""The command line: what can be written after `python -m core`, and which verb's function does it.

The options of `train` are the knobs of each demo, read from their declarations. Nothing here needs PyTorch.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, get_args

from core import demos
from core.contract import Task
from core.data.formats import named
from core.data.tables import reader
from core.demo import Demo
from core.errors import DataUnavailableError, GlassboxError
from core.knobs import Flag, Knob, knobs
from core.lazy import lazily
from core.runs.records import State
from core.terminal import data, evaluate, export, generate, models, output, predict, runs, train
from core.terminal.interrupt import STATUS

EXAMPLES = """\
examples:
  python -m core predict digits seven.png drawing.json
  python -m core predict sentiment --text "A wonderful film."
  find scans -name '*.png' | python -m core predict digits - > answers.jsonl
  python -m core generate generator --class 3 --count 64 --out threes.npz
  python -m core export digits --format onnx --out digits.onnx
  python -m core data --download mnist
  python -m core evaluate digits --data ~/data
  python -m core train digits --preset small_cnn --epochs 3 --learning-rate 0.01
  python -m core train --resume ab12cd
  python -m core import sentiment reviews.xlsx --label stars
  python -m core runs digits --state completed

Answers are JSON, one object a line, on standard output; messages are on standard error.
Exit status: 0 all went well, 1 something could not be answered or done, 2 the command is wrong, 130 stopped.
"""
DOWNLOAD = "From a terminal: python -m core data --download NAME"
SETTINGS = "GLASSBOX_HOME is the folder of runs and data, GLASSBOX_DATA that of data alone (docs/settings.md)."


class Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations and says where help is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and exit with 2."""
        output.say(f"{self.prog}: {message}\nHelp: {self.prog} --help")
        sys.exit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; returns the exit status.

    Args:
        arguments: without the program's name; `sys.argv` when not given.
    """
    options, unknown = parser().parse_known_args(arguments)
    if "files" in options and not any(word.startswith("-") and word != "-" for word in unknown):
        options.files += unknown  # argparse takes none of a list that begins after an option
        unknown = []
    if unknown:
        options.parser.error(_unknown(unknown, options.allowed))
    do: Callable[[argparse.Namespace], int] = options.do
    try:
        return do(options)
    except DataUnavailableError as error:
        output.say(f"{error}{options.without_data}")
    except GlassboxError as error:
        output.say(str(error))
    except KeyboardInterrupt:
        return STATUS
    except BrokenPipeError:  # whoever read the answers has seen enough: `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def parser() -> argparse.ArgumentParser:
    """Everything that can be written, with its help."""
    top = Parser(
        prog="python -m core",
        description="Glassbox from a terminal: predict, evaluate, train; the same runs and models as on the pages.",
        epilog=f"{EXAMPLES}\n{SETTINGS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    _add_predict(verbs)
    _add_evaluate(verbs)
    _add_generate(verbs)
    _add_export(verbs)
    _add_import(verbs)
    _add_train(verbs)
    _add_data(verbs)
    _add_runs(verbs)
    return top


def _verb(verbs: Any, name: str, sentence: str, do: Callable[[argparse.Namespace], int], **options: Any) -> Parser:
    verb: Parser = verbs.add_parser(name, help=sentence, description=sentence, **options)
    verb.set_defaults(do=do, parser=verb, allowed=(), without_data=f"\n{DOWNLOAD}")
    return verb


def _add_predict(verbs: Any) -> None:
    verb = _verb(
        verbs,
        "predict",
        "Answer files, one JSON line each.",
        lambda options: predict.run(
            options.demo, options.files, texts=options.text, model=options.model, column=options.column
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="files of each demo:\n"
        + "\n".join(f"  {demo.name}: {demo.answering.inputs}" for demo in _answering() if demo.answering),
    )
    _demo(verb, _answering())
    verb.add_argument(
        "files", metavar="FILE", nargs="*", help="what to answer; - reads names (or texts) from standard input"
    )
    verb.add_argument(
        "--text", metavar="TEXT", action="append", default=[], help="a text to answer, for demos that read texts"
    )
    verb.add_argument(
        "--column", metavar="COLUMN", type=_words, help="texts of a table; default: the column with the most words"
    )
    _model(verb, _answering())


def _add_evaluate(verbs: Any) -> None:
    verb = _verb(
        verbs,
        "evaluate",
        "Measure a model on its demo's test set.",
        lambda options: evaluate.run(options.demo, data=options.data, model=options.model),
    )
    _demo(verb, _answering())
    verb.add_argument(
        "--data", metavar="FOLDER", help="data sets in their canonical layout, MNIST/raw/*.gz; default: GLASSBOX_DATA"
    )
    _model(verb, _answering())


def _add_generate(verbs: Any) -> None:
    verb = _verb(
        verbs,
        "generate",
        "Make examples with a trained network, as a data set.",
        lambda options: generate.run(
            options.demo,
            data=options.data,
            model=options.model,
            wanted=options.wanted,
            count=options.count,
            seed=options.seed,
            out=options.out,
        ),
    )
    makers = [demo for demo in map(demos.find, demos.names()) if demo.generates]
    sets = [release.part for demo in makers for release in demo.releases.values()]
    _demo(verb, makers)
    verb.add_argument("--data", choices=sets, help="which release model: the data it has learned; default: the first")
    verb.add_argument("--class", dest="wanted", metavar="CLASS", default=generate.ALL, help="number or name; or all")
    verb.add_argument("--count", metavar="NUMBER", type=int, default=64, help="examples to make; default 64")
    verb.add_argument("--seed", metavar="NUMBER", type=int, default=0, help="start of the random numbers; default 0")
    verb.add_argument(
        "--out", metavar="PATH", required=True, help="FILE.npz for NumPy, or a folder that gets a PNG for each example"
    )
    _model(verb, makers)


def _add_export(verbs: Any) -> None:
    verb = _verb(
        verbs,
        "export",
        "Write a trained network to a file, to use it elsewhere.",
        lambda options: export.run(options.demo, model=options.model, form=options.form, out=options.out),
    )
    exported = [demo for demo in map(demos.find, demos.names()) if demo.export is not None]
    _demo(verb, exported)
    verb.add_argument(
        "--format",
        dest="form",
        choices=("safetensors", "onnx", "bundle"),
        default="safetensors",
        help="safetensors: the weights (default); onnx: the network; bundle: a zip with both, code, figures and card",
    )
    verb.add_argument("--out", metavar="FILE", required=True, help="the file to write; one of that name is replaced")
    _model(verb, exported)


def _add_import(verbs: Any) -> None:
    verb = _verb(
        verbs,
        "import",
        "Keep a table or a set of digits of your own, to train on it.",
        lambda options: lazily("core.terminal.bring:run")(
            options.demo, options.files, text=options.text, label=options.label, heading=options.heading
        ),
    )
    _demo(verb, [demos.find("digits"), demos.find("sentiment")])
    verb.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help=f"sentiment: one table ({named(reader.FORMATS)}); digits: a table of pixels, NumPy, Parquet, IDX with or "
        "without .gz, or a zip or a folder of folders 0 to 9",
    )
    verb.add_argument(
        "--text", metavar="COLUMN", type=_words, help="column of texts; default: that with the most words"
    )
    verb.add_argument(
        "--label", metavar="COLUMN", type=_words, help="column of labels; default: that with few values again and again"
    )
    heads = verb.add_mutually_exclusive_group()
    for option, value, words in (("--heading", 1, "names the columns"), ("--no-heading", 0, "is data already")):
        heads.add_argument(
            option, dest="heading", action="store_const", const=value, default=-1, help=f"the first row {words}"
        )


def _add_train(verbs: Any) -> None:
    verb = _verb(
        verbs,
        "train",
        "Train a demo's network, or go on with a run. Ctrl-C saves and stops.",
        lambda options: _resume(verb, options),
        epilog="The options of a demo: python -m core train DEMO --help",
    )
    verb.add_argument("--resume", metavar="RUN", type=_words, help="go on with a stopped or failed run")
    verb.add_argument("--extend", metavar="EPOCHS", type=int, help="with --resume: so many epochs or fits more")
    names = verb.add_subparsers(metavar="DEMO", help="", parser_class=Parser)
    for name in demos.names():
        _add_demo(names, demos.find(name))


def _resume(verb: Parser, options: argparse.Namespace) -> int:
    if options.resume is None:
        verb.error(f"name a demo ({', '.join(demos.names())}), or a run with --resume")
    return train.resume(options.resume, extend=options.extend)


def _add_demo(names: Any, demo: Demo) -> None:
    task = demo.task
    declared = knobs(task.Config)
    verb = _verb(
        names,
        task.name,
        f"Train {demo.title}.",
        lambda options: _start(verb, task, options),
        epilog="Values that are not given are those of the preset, or the defaults.",
    )
    verb.set_defaults(allowed=tuple(_option(name) for name in declared))
    sentences = " ".join(f"{preset.name}: {preset.sentence}" for preset in task.presets)
    presets = [preset.name for preset in task.presets]
    verb.add_argument("--preset", choices=presets, metavar="NAME", help=_plain(sentences or "this demo has none"))
    verb.add_argument("--title", type=_words, help="the run's name; by default what is special about it")
    group = verb.add_argument_group("knobs")
    defaults = task.Config()
    for name, knob in declared.items():
        group.add_argument(
            _option(name),
            dest=name,
            type=_value(knob),
            metavar=(knob.unit if knob.unit.isalpha() else "value").upper(),
            help=_plain(_help(knob, default=getattr(defaults, name))),
        )


def _start(verb: Parser, task: Task, options: argparse.Namespace) -> int:
    if options.resume is not None or options.extend is not None:
        verb.error("a run that is resumed keeps its settings: python -m core train --resume RUN [--extend EPOCHS]")
    given = {name: value for name, value in vars(options).items() if name in knobs(task.Config) and value is not None}
    return train.start(task.name, preset=options.preset, knobs=given, title=options.title)


def _add_data(verbs: Any) -> None:
    verb = _verb(
        verbs,
        "data",
        "List data sets with size and licence, or download one.",
        lambda options: data.run(options.which, download=options.download),
    )
    verb.set_defaults(without_data="")
    verb.add_argument("which", metavar="DEMO|NAME", nargs="?", help="only those of a demo, or only this one")
    verb.add_argument("--download", metavar="NAME", nargs="?", const="", help="download this data set")


def _add_runs(verbs: Any) -> None:
    verb = _verb(
        verbs,
        "runs",
        "List runs, newest first, one JSON line each.",
        lambda options: runs.run(demo=options.demo, state=options.state, limit=options.limit),
    )
    verb.add_argument("demo", metavar="DEMO", nargs="?", choices=demos.names(), help="only those of a demo")
    verb.add_argument("--state", choices=get_args(State), help="only those in this state")
    verb.add_argument("--limit", metavar="NUMBER", type=int, default=500, help="at most so many; default 500")


def _answering() -> list[Demo]:
    return [demo for demo in map(demos.find, demos.names()) if demo.answering is not None]


def _demo(verb: Parser, offered: list[Demo]) -> None:
    names = [demo.name for demo in offered]
    verb.add_argument("demo", metavar="DEMO", choices=names, help=f"one of: {', '.join(names)}")


def _model(verb: Parser, offered: list[Demo]) -> None:
    several = "".join(f", {' or '.join(demo.releases)} ({demo.name})" for demo in offered if len(demo.releases) > 1)
    verb.add_argument(
        "--model",
        type=_words,
        metavar="NAME|RUN",
        default=models.RELEASE,
        help=f"{models.RELEASE} (default: the best release model that is here){several}, or a run's id",
    )


def _words(text: str) -> str:
    """What argparse calls to read what no file is named by; the run store keeps text, and bytes need not be any."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"{text!r} holds bytes that are no text in UTF-8") from None
    return text


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _help(knob: Knob, *, default: Any) -> str:
    shown = ("on" if default else "off") if isinstance(knob, Flag) else default
    unit = f" {knob.unit}" if knob.unit else ""
    return f"{knob.label}: {knob.help} Allowed: {knob.allowed()}{unit}; default {shown}."


def _plain(text: str) -> str:
    return text.replace("%", "%%")  # argparse fills in its own %(names)s


def _value(knob: Knob) -> Callable[[str], Any]:
    """What argparse calls to read a knob's value; its error names what is allowed."""

    def parse(text: str) -> Any:
        try:
            value = knob.parse(text)
        except ValueError:
            value = None
        if value is None or not knob.allows(value):
            raise argparse.ArgumentTypeError(f"{knob.label} is “{text}”; allowed is {knob.allowed()}.")
        return value

    return parse


def _unknown(words: list[str], allowed: Sequence[str]) -> str:
    offered = f" There are: {', '.join(allowed)}." if allowed else ""
    return f"“{' '.join(words)}” cannot be understood.{offered}"
