"""Experiments run in this process: one, or all of them in turn."""

import runpy
import time
from collections.abc import Sequence

from zoo.catalogue import Experiment
from zoo.cli import INTERRUPTED
from zoo.report import Report, board_command, judged, terminal


def conduct(experiment: Experiment, arguments: Sequence[str] = ()) -> Report:
    """Run the experiment's own main(), as ``python experiments/<name>.py`` does."""
    main = runpy.run_path(str(experiment.script))["main"]
    report: Report = main(list(arguments))
    return report


def tour(chosen: Sequence[Experiment], seed: int = 0, runs_dir: str = "runs") -> int:
    """Run the chosen experiments and print one table of their verdicts; returns the exit status.

    If one of them leaves, on Ctrl-C or since it refuses its input, the table of those before it is printed,
    and its exit status is the tour's.
    """
    console = terminal()
    reports: list[Report] = []
    status = 0
    try:
        for experiment in chosen:
            started = time.monotonic()
            keys = ["--brief", "true", "--seed_everything", str(seed), "--runs_dir", runs_dir]
            reports.append(conduct(experiment, keys))
            console.print(_line(reports[-1], time.monotonic() - started))
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    except KeyboardInterrupt:  # between two runs
        status = INTERRUPTED
    if not reports:
        return status
    console.print(judged(reports, console.width))
    held = sum(v.holds for r in reports for v in r.verdicts)
    judgements = sum(len(r.verdicts) for r in reports)
    look = board_command(chosen[0].name, runs_dir)
    console.print(f"{held} of {judgements} verdicts hold. To look at an experiment: {look}")
    return status or int(held < judgements)


def _line(report: Report, seconds: float) -> str:
    held = sum(v.holds for v in report.verdicts)
    mark = "[green]✓[/green]" if report.holds else "[red]✗[/red]"
    return f"{mark} {report.experiment}: {held} of {len(report.verdicts)} verdicts hold ({seconds:.1f} s)"
