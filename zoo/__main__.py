"""The ``zoo`` command: list, run, tour, claims, board.

It imports torch only where something is trained, so that ``zoo list`` and ``--help`` answer at once.
"""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from zoo import __version__, catalogue
from zoo.errors import INTERRUPTED, InputError
from zoo.versions import latest_version


def main(argv: Sequence[str] | None = None) -> int:
    """Answer one command line: 0 if all is well, 1 if a verdict fails, 2 on bad input, 130 on Ctrl-C."""
    typed = list(sys.argv[1:] if argv is None else argv)
    arguments, rest = _parser().parse_known_args(typed)
    if rest and arguments.command != "run":
        hint = "; --only takes names with commas between them" if arguments.command == "tour" else ""
        _parser().error(f"unrecognized arguments: {' '.join(rest)}{hint}")
    try:
        return int(arguments.answer(arguments, rest))
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED


class _Parser(argparse.ArgumentParser):
    """argparse's, whose errors are a sentence without the usage above it."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"error: {message}\n")
        raise SystemExit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="zoo", description="The calculus behind deep learning, measured.")
    parser.add_argument("--version", action="version", version=f"calculus-zoo {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="each experiment, its question and its law")
    listing.set_defaults(answer=_list)

    run = commands.add_parser("run", help="one experiment, with any of its keys", add_help=False)
    run.add_argument("experiment", nargs="?", metavar="EXPERIMENT", help="a name that zoo list shows")
    run.set_defaults(answer=_run)

    tour = commands.add_parser("tour", help="every experiment in turn, and one table of verdicts")
    tour.add_argument("--only", metavar="A,B", help="these experiments, instead of all")
    tour.add_argument("--seed", type=int, default=0, help="the seed of every experiment (default: 0)")
    tour.add_argument("--runs_dir", default="runs", help="where runs are written (default: runs)")
    tour.set_defaults(answer=_tour)

    claims = commands.add_parser("claims", help="the text's claims, and what your runs say of each")
    claims.add_argument("--open", action="store_true", help="those alone that no experiment speaks to")
    claims.add_argument("--runs_dir", default="runs", help="where runs were written (default: runs)")
    claims.set_defaults(answer=_claims)

    board = commands.add_parser("board", help="TensorBoard on the runs, at 127.0.0.1")
    board.add_argument("experiment", nargs="?", help="its latest run alone; all runs, if it is left out")
    board.add_argument("--runs_dir", default="runs", help="where runs were written (default: runs)")
    board.add_argument("--port", type=int, default=6006, help="the port to try first (default: 6006)")
    board.set_defaults(answer=_board)
    return parser


@contextmanager
def _ctrl_c_ends_at_once() -> Iterator[None]:
    """While torch is imported: libraries answer an interrupt there with tracebacks, or not at all."""

    def leave(*_: object) -> NoReturn:
        sys.stderr.write("interrupted\n")
        os._exit(INTERRUPTED)

    before = signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _list(arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    for experiment in catalogue.experiments():
        print(f"{experiment.name}\n    {experiment.question}\n    Law: {experiment.law}\n")
    return 0


def _run(arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    if rest in (["--help"], ["-h"]) and arguments.experiment is None:
        print(
            "usage: zoo run EXPERIMENT [--only A,B] [--any.key VALUE ...]\n\n"
            "Run one experiment that zoo list shows; its keys are those of its config.\n"
            "zoo run EXPERIMENT --help shows all of them."
        )
        return 0
    if arguments.experiment is None:
        names = ", ".join(e.name for e in catalogue.experiments())
        raise InputError(f"zoo run needs an experiment, and then any of its keys; choose one of {names}")
    experiment = catalogue.experiment(arguments.experiment)
    with _ctrl_c_ends_at_once():
        from zoo.tour import conduct

    return conduct(experiment, rest).exit_code


def _tour(arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    names = arguments.only.split(",") if arguments.only else [e.name for e in catalogue.experiments()]
    chosen = [catalogue.experiment(name) for name in dict.fromkeys(name.strip() for name in names)]
    with _ctrl_c_ends_at_once():
        from zoo.tour import tour

    return tour(chosen, seed=arguments.seed, runs_dir=arguments.runs_dir)


def _claims(arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    from zoo.claims import answer
    from zoo.ledger import LEDGER

    return answer(LEDGER, Path(arguments.runs_dir), arguments.open)


def _board(arguments: argparse.Namespace, rest: Sequence[str]) -> int:
    from zoo.board import board

    folder = Path(arguments.runs_dir)
    if arguments.experiment:
        folder = latest_version(folder / catalogue.experiment(arguments.experiment).name)
    return board(folder, arguments.port)


if __name__ == "__main__":
    raise SystemExit(main())
