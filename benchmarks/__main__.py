"""`python -m benchmarks [NAME ...]`: measure all or some, keep what was found, write `docs/benchmarks.md`.

A name is a module of this folder with a `TITLE`, a `METHOD` and `measure(options) -> Findings`.
"""

import argparse
import importlib
import sys
import time

from benchmarks import machine, report, results

BENCHMARKS = (
    *(
        "time_to_accuracy",
        "serving",
        "sentiment",
        "sentiment_minute",
        "voice",
        "voice_training",
        "voice_accuracy",
        "generator",
        "generator_peer",
    ),
    *(
        "start",
        "estimates",
        "live",
        "reporting",
        "sessions",
        "memory",
        "strokes",
        "pictures",
        "sentiment_checklist",
        "playground",
        "more_data",
    ),
)


def main() -> int:
    """Measure what was asked for; returns 1 if anything could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(BENCHMARKS)}")
    parser.add_argument("--repeats", type=int, help="repeats or seeds; default: each benchmark's own number")
    parser.add_argument("--threads", type=int, default=2, help="cores and threads of what trains (default 2)")
    parser.add_argument(
        "--reference-epochs",
        type=int,
        default=0,
        help="train the peer of time_to_accuracy for so many whole epochs (14 for its accuracy; many minutes)",
    )
    parser.add_argument("--render", action="store_true", help="measure nothing, only write the page")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    chosen = results.Options(options.repeats, options.threads, options.reference_epochs)
    status = 0
    for name in () if options.render else options.names or BENCHMARKS:
        status |= _measure(name, chosen)
    report.write()
    return status


def _measure(name: str, options: results.Options) -> int:
    """Measure one and keep it. One that cannot be measured here leaves its old result, and the others go on."""
    module = importlib.import_module(f"benchmarks.{name}")
    print(f"{name} …", file=sys.stderr, flush=True)
    start, load = time.monotonic(), machine.load()
    try:
        findings = module.measure(options)
    except Exception as error:
        print(f"{name} was not measured: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    found = results.result(name, findings, title=module.TITLE, method=module.METHOD, load_before=load)
    results.save(found)
    print(report.section(found), flush=True)
    print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
