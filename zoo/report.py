"""What an experiment leaves behind: its verdicts on the terminal, in a file and in TensorBoard."""

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure
from rich.markup import escape
from rich.table import Table
from torch.utils.tensorboard import SummaryWriter

from zoo.verdict import VERDICTS, Prediction, Verdict

PREDICTIONS = "predictions.json"


def board_command(experiment: str, runs_dir: str) -> str:
    """What to type to see an experiment's latest run in TensorBoard."""
    return f"zoo board {experiment}" + ("" if runs_dir == "runs" else f" --runs_dir {shlex.quote(runs_dir)}")


@dataclass(frozen=True)
class Report:
    """The verdicts of one experiment.

    Attributes:
        experiment: its name.
        folder: where its curves, figures and verdicts.json are.
        verdicts: in the order of the predictions.
    """

    experiment: str
    folder: Path
    verdicts: list[Verdict]

    @property
    def holds(self) -> bool:
        """Whether there are verdicts and every one holds."""
        return bool(self.verdicts) and all(v.holds for v in self.verdicts)

    @property
    def exit_code(self) -> int:
        """0 if the report holds, else 1."""
        return int(not self.holds)


def stated(predictions: Sequence[Prediction]) -> Table:
    """The predictions, as a table for the terminal."""
    table = Table("run", "claim", "predicted", title="Calculus predicts", title_justify="left", box=None)
    for p, variant in zip(predictions, _once(predictions), strict=True):
        table.add_row(variant, escape(p.claim), p.shown)
    return table


def judged(reports: Sequence[Report], width: int = 160) -> Table:
    """The verdicts of one or more experiments, as a table for a terminal of that width in characters.

    Where it is narrow, a run's name has a line of its own, and sources are left out; verdicts.json has them.
    """
    wide = width >= 110
    table = Table(title="Verdicts", title_justify="left", header_style="bold")
    for column in ("run", "claim") if wide else ("claim",):
        table.add_column(column, overflow="fold")  # no name and no number is cut
    for column in ("predicted", "measured", "tolerance"):
        table.add_column(column, justify="right", overflow="fold")
    if wide:
        table.add_column("source", style="dim")
    table.add_column("verdict")
    for report in reports:
        if len(reports) > 1:
            table.add_section()
            table.add_row(f"[bold]{report.experiment}[/bold]")
        for v, variant in zip(report.verdicts, _once([v.prediction for v in report.verdicts]), strict=True):
            holds = "[green]holds[/green]" if v.holds else "[bold red]FAILS[/bold red]"
            cells = list(map(escape, _cells(v)))
            if wide:
                table.add_row(variant, *cells, holds)
                continue
            if variant:
                table.add_row(f"[cyan]{variant}[/cyan]")
            table.add_row(*cells[:-1], holds)
    return table


def markdown(verdicts: Sequence[Verdict]) -> str:
    """The verdicts for TensorBoard's Text tab: a heading and a table for every variant.

    A table of six columns, since TensorBoard breaks words where there are more.
    """
    parts: list[str] = []
    for variant, v in zip(_once([v.prediction for v in verdicts]), verdicts, strict=True):
        if variant:
            parts.append(f"\n### {variant}\n\n{_HEAD}")
        claim, predicted, measured, tolerance, source = _cells(v)
        why = "; ".join(filter(None, (source, v.prediction.because)))
        cells = (claim, predicted, measured, tolerance, "holds" if v.holds else "**FAILS**", why)
        parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(parts).lstrip()


_HEAD = (
    "| claim | predicted | measured | tolerance | | source; reason for the tolerance |\n" + "|---" * 6 + "|"
)


def _once(predictions: Sequence[Prediction]) -> list[str]:
    """The variant of every prediction, empty where it is that of the one before."""
    variants = [p.variant for p in predictions]
    return [v if i == 0 or v != variants[i - 1] else "" for i, v in enumerate(variants)]


def _cells(v: Verdict) -> tuple[str, str, str, str, str]:
    p = v.prediction
    tolerance = f"± {p.tolerance:.2g}" if p.tolerance else "exact" if p.relation == "=" else ""
    return (p.claim, p.shown, v.shown, tolerance, p.source)


def write_predictions(folder: Path, predictions: Sequence[Prediction]) -> None:
    """predictions.json, written before the run: by it one sees that a run has begun."""
    rows = [
        {"key": p.key, "claim": p.claim, "relation": p.relation, "predicted": p.value} for p in predictions
    ]
    _write(folder / PREDICTIONS, {"predictions": rows})


def write_report(report: Report, seed: int, as_shipped: bool, figures: Mapping[str, Figure]) -> None:
    """verdicts.json, each figure as a PNG, and both in TensorBoard's Text and Images tabs.

    Args:
        report: what was judged.
        seed: seed_everything.
        as_shipped: whether nothing but the seed was typed: only such runs speak for the ledger of claims.
        figures: name → figure.
    """
    content = {
        "experiment": report.experiment,
        "seed": seed,
        "as_shipped": as_shipped,
        "holds": report.holds,
        "verdicts": [v.to_dict() for v in report.verdicts],
    }
    _write(report.folder / VERDICTS, content)
    with SummaryWriter(str(report.folder)) as writer:
        writer.add_text("verdicts", markdown(report.verdicts))
        for name, figure in figures.items():
            figure.savefig(report.folder / f"{name}.png", dpi=120)
            writer.add_figure(name, figure)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(_finite(content), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _finite(content: object) -> object:
    """The same content, with nan and inf as text: JSON has no such numbers."""
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return str(content)
    return content
