"""The command line: python -m biovil_train COMMAND …"""

import argparse
import json
import os
import sys
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

EPILOG = "Every command takes --help. The whole demonstration model: python -m biovil_train demo --work DIR"


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted with the state saved."""
    parser = argparse.ArgumentParser(prog="biovil_train", epilog=EPILOG)
    commands = parser.add_subparsers(dest="command", required=True)
    _phantom(commands.add_parser("phantom", help="draw a corpus of synthetic films with reports and truth"))
    _train(commands.add_parser("train", help="run one phase of the recipe"))
    _evaluate(commands.add_parser("evaluate", help="figures of a model on held-out phantoms"))
    _export(commands.add_parser("export", help="write a model directory for biovil"))
    _plot(commands.add_parser("plot", help="draw the losses of a run"))
    _demo(commands.add_parser("demo", help="train, measure and write biovil-demo, everything"))
    _ablate(commands.add_parser("ablate", help="what each part of the recipe brings, as a table"))
    values = parser.parse_args(arguments)
    from torch import OutOfMemoryError

    from .loop import Interrupted

    try:
        values.run(values)
    except Interrupted:
        print("Interrupted; the state is saved. The same command goes on.", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        return 130
    except (ValueError, OSError, ArithmeticError, MemoryError, OutOfMemoryError, CalledProcessError) as error:
        print(f"biovil_train: {error or type(error).__name__}", file=sys.stderr)
        return 1
    return 0


def _phantom(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=320, help="side of a film in pixels (default 320)")
    parser.add_argument("--pairs", action="store_true", help="with a prior film of each patient, and words of change")
    parser.add_argument("--masks", action="store_true", help="with masks/*.png, white where each finding was drawn")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)

    def run(values: argparse.Namespace) -> None:
        from .corpus import write_corpus

        options = {"pairs": values.pairs, "masks": values.masks, "workers": values.workers}
        write_corpus(values.seed, values.count, values.out, values.size, **options)

    parser.set_defaults(run=run)


def _train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; the same one again resumes it")
    parser.add_argument("--data", help="in place of the configuration's data.path")
    parser.add_argument(
        "--begin",
        dest="start",
        action="append",
        default=[],
        metavar="RUN",
        help="in place of the configuration's start",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="another value, e.g. run.steps=100"
    )

    def run(values: argparse.Namespace) -> None:
        from .config import read_config
        from .train import train

        overrides = dict(_assignment(text) for text in values.set)
        if values.data:
            overrides["data.path"] = values.data
        if values.start:
            overrides["start"] = values.start
        train(read_config(values.config, overrides), values.out)

    parser.set_defaults(run=run)


def _assignment(text: str) -> tuple[str, Any]:
    key, separator, value = text.partition("=")
    if not separator:
        raise ValueError(f"expected KEY=VALUE for --set but found '{text}'")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="a model directory with both encoders")
    parser.add_argument("studies", type=Path, help="studies.jsonl of held-out phantoms")
    parser.add_argument("--prior", type=Path, help="studies.jsonl of other phantoms, for the location prior")
    parser.add_argument("--json", action="store_true", help="figures as JSON instead of a table")

    def run(values: argparse.Namespace) -> None:
        from .card import measure, table

        figures = measure(values.model, values.studies, values.prior)
        print(json.dumps(figures, indent=2) if values.json else table(figures))

    parser.set_defaults(run=run)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="run", type=Path, help="folder of a finished joint phase")
    parser.add_argument("out", type=Path)
    parser.add_argument("--float32", action="store_true", help="keep float32; float16 halves the files")

    def run(values: argparse.Namespace) -> None:
        from .export import export

        graph = export(values.folder, values.out, half=not values.float32)
        hint = f", {{ graph: '{graph}' }}" if graph else ""
        print(f"loadModel('{values.out}'{hint})")

    parser.set_defaults(run=run)


def _plot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("logs", type=Path, nargs="+", help="folders of runs, or their log.jsonl")
    parser.add_argument("--out", type=Path, required=True)

    def run(values: argparse.Namespace) -> None:
        from .plot import plot

        plot(values.logs, values.out)

    parser.set_defaults(run=run)


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--work", type=Path, required=True, help="folder for the corpus and the runs; resumed")

    def run(values: argparse.Namespace) -> None:
        from .demo import build

        build(values.work)

    parser.set_defaults(run=run)


def _ablate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--work", type=Path, required=True, help="the folder of `demo`, with its phases done; resumed")
    parser.add_argument("--out", type=Path, help="in place of docs/ablations.md")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for all runs, as of `train`")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="of ablations.toml; default all")

    def run(values: argparse.Namespace) -> None:
        from .ablations import TABLE, ablate

        ablate(values.work, values.out or TABLE, dict(_assignment(text) for text in values.set), values.only)

    parser.set_defaults(run=run)
