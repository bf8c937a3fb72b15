"""Experiments run in this process: one, or all of them in turn."""

import runpy
import time
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from zoo.catalogue import Experiment
from zoo.errors import INTERRUPTED, TERMINATED, InputError
from zoo.report import Report, board_command, judged
from zoo.terminal import terminal


def conduct(experiment: Experiment, arguments: Sequence[str] = ()) -> Report:
    """Run the experiment's own main(), as ``python experiments/<name>.py`` does."""
    main = runpy.run_path(str(experiment.script))["main"]
    report: Report = main(list(arguments))
    return report


def tour(chosen: Sequence[Experiment], seed: int = 0, runs_dir: str = "runs") -> int:
    """Run the chosen experiments and print one table of their verdicts; returns the exit status.

    An experiment that refuses its input is named under the table, and its exit status is the tour's. Ctrl-C,
    or a defect in a script, ends the tour; the table of those before it is printed all the same.

    Raises:
        InputError: a seed that no experiment takes.
    """
    if not 0 <= seed < 2**32:
        raise InputError(f"seed is {seed}; choose a whole number from 0 to {2**32 - 1}")
    console = terminal()
    reports: list[Report] = []
    refused: dict[str, int] = {}
    keys = ["--brief", "true", "--seed_everything", str(seed), "--runs_dir", runs_dir]
    try:
        for experiment in chosen:
            started = time.monotonic()
            try:
                reports.append(conduct(experiment, keys))
            except SystemExit as leaving:
                if leaving.code in (INTERRUPTED, TERMINATED):
                    return int(leaving.code)
                refused[experiment.name] = leaving.code if isinstance(leaving.code, int) else 1
            else:
                console.print(_line(reports[-1], time.monotonic() - started))
    except KeyboardInterrupt:  # between two runs
        return INTERRUPTED
    finally:
        if reports:
            _print_table(console, reports, runs_dir)
            for name in refused:
                console.print(f"[red]✗[/red] {name} was refused: its error stands above the table")
    return max(refused.values(), default=int(not all(r.holds for r in reports)))


def _print_table(console: Console, reports: Sequence[Report], runs_dir: str) -> None:
    console.print(judged(reports, console.width))
    held = sum(v.holds for r in reports for v in r.verdicts)
    judgements = sum(len(r.verdicts) for r in reports)
    look = board_command(reports[0].experiment, runs_dir)
    for report in reports:  # the table is long: what fails stands once more where one looks
        for verdict in report.verdicts:
            if not verdict.holds:
                name = f"{report.experiment}:{verdict.prediction.key}"
                console.print(f"[red]✗[/red] {escape(f'{name}: {verdict}')}")
    console.print(f"{held} of {judgements} verdicts hold. To look at an experiment: {escape(look)}")


def _line(report: Report, seconds: float) -> str:
    held = sum(v.holds for v in report.verdicts)
    mark = "[green]✓[/green]" if report.holds else "[red]✗[/red]"
    return f"{mark} {report.experiment}: {held} of {len(report.verdicts)} verdicts hold ({seconds:.1f} s)"
