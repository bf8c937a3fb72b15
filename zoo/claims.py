"""Claims of the text that the zoo implements, and what the verdicts of runs say of each.

A claim's status is not written down. It follows from the verdicts named beside the claim: those that show it,
and those that show where it is not so. If one of them fails, or measures another number than the text has,
the claim is broken.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.markup import escape
from rich.table import Table

from zoo.terminal import terminal
from zoo.verdict import VERDICTS, Quantity, shown
from zoo.versions import versions

Status = Literal["holds", "holds if", "fails as stated", "broken", "not measured"]
_COLOURS: dict[Status, str] = {
    "holds": "green",
    "holds if": "yellow",
    "fails as stated": "magenta",
    "broken": "bold red",
    "not measured": "dim",
}


@dataclass(frozen=True)
class Evidence:
    """A verdict that speaks to a claim.

    Args:
        key: ``<experiment>:<variant>.<quantity>``.
        number: what the text says is measured; None where it says no number.
        within: by how much the text has rounded that number.
    """

    key: str
    number: Quantity | None = None
    within: float = 0.0

    @property
    def experiment(self) -> str:
        """The experiment whose verdict it is."""
        return self.key.partition(":")[0]


def by(key: str, number: Quantity | None = None, within: float = 0.0) -> Evidence:
    """The evidence of a verdict, as the ledger writes it."""
    return Evidence(key, number, within)


@dataclass(frozen=True)
class Claim:
    """A statement of the text.

    Args:
        says: the claim, in our own words.
        shown_by: verdicts that say the same.
        limited_by: verdicts that say where, or that, it is not so.
        truth: the condition under which it holds, or what is true instead.

    Raises:
        ValueError: it is limited and nothing says how, or the other way round.
    """

    says: str
    shown_by: tuple[Evidence, ...] = ()
    limited_by: tuple[Evidence, ...] = ()
    truth: str = ""

    def __post_init__(self) -> None:
        if bool(self.limited_by) != bool(self.truth):
            raise ValueError(f"claim {self.says!r}: what limits it and what is true belong together")

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All verdicts that speak to it."""
        return self.shown_by + self.limited_by

    def status(self, verdicts: "Verdicts") -> Status:
        """What these verdicts make of the claim."""
        measured = [e for e in self.evidence if e.key in verdicts]
        if not all(confirms(verdicts[e.key], e) for e in measured):
            return "broken"
        if not self.evidence or len(measured) < len(self.evidence):
            return "not measured"
        if not self.limited_by:
            return "holds"
        return "holds if" if self.shown_by else "fails as stated"


Row = Mapping[str, Quantity | bool]  # a verdict as it stands in verdicts.json
Verdicts = Mapping[str, Row]  # <experiment>:<variant>.<quantity> → the verdict


def confirms(verdict: Row, evidence: Evidence) -> bool:
    """Whether the verdict holds, and has measured what the text says, as exactly as it says it."""
    measured, number = verdict["measured"], evidence.number
    if not verdict["holds"] or number is None:
        return bool(verdict["holds"])
    if isinstance(number, str) or isinstance(measured, str):
        return measured == number
    slack = evidence.within + float(verdict["tolerance"]) + 1e-9 * abs(number)
    return abs(measured - number) <= slack


def latest_verdicts(runs_dir: Path, experiments: Iterable[str]) -> Verdicts:
    """The newest verdict of every key, from runs of the experiments as they are shipped, at any seed."""
    found: dict[str, Row] = {}
    for experiment in experiments:
        for folder in versions(runs_dir / experiment):  # oldest first
            found |= read_verdicts(folder)
    return found


def read_verdicts(folder: Path) -> Verdicts:
    """The verdicts in a run's folder, by key; none, if more than its seed was typed, or it has none."""
    try:
        report = json.loads((folder / VERDICTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # a run that was interrupted, or a file that is none of ours
    try:
        rows = report["verdicts"] if report["as_shipped"] else []
        return {f"{report['experiment']}:{row['key']}": row for row in rows}
    except (KeyError, TypeError):
        return {}  # JSON, and no report


def counted(claims: Sequence[Claim], verdicts: Verdicts) -> dict[Status, int]:
    """How many claims have each status; statuses that none has are left out."""
    statuses = [claim.status(verdicts) for claim in claims]
    return {status: statuses.count(status) for status in _COLOURS if status in statuses}


def answer(chapters: Mapping[str, Sequence[Claim]], runs_dir: Path, only_open: bool = False) -> int:
    """Print the ledger, or what no experiment speaks to; returns 1 if a claim is broken, else 0."""
    console = terminal()
    if only_open:
        lacking = [claim.says for claims in chapters.values() for claim in claims if not claim.evidence]
        console.print("\n".join(map(escape, lacking)) or "no claim is open: an experiment speaks to each")
        return 0
    claims = [claim for chapter in chapters.values() for claim in chapter]
    experiments = dict.fromkeys(e.experiment for claim in claims for e in claim.evidence)
    verdicts = latest_verdicts(runs_dir, experiments)
    counts = counted(claims, verdicts)
    console.print(listed(chapters, verdicts))
    console.print(f"{len(claims)} claims: " + ", ".join(f"{n} {status}" for status, n in counts.items()))
    if "not measured" in counts:
        console.print(f"What is not measured has no run as shipped in {escape(str(runs_dir))}: zoo tour")
    return int("broken" in counts)


def listed(chapters: Mapping[str, Sequence[Claim]], verdicts: Verdicts) -> Table:
    """The ledger as a table for the terminal."""
    table = Table(title="The text's claims", title_justify="left", header_style="bold", show_lines=False)
    table.add_column("№", justify="right")
    table.add_column("claim", overflow="fold", ratio=5)
    table.add_column("status")
    table.add_column("measured", justify="right", overflow="fold")
    table.add_column("by", overflow="fold", ratio=2)
    number = 0
    for chapter, claims in chapters.items():
        table.add_section()
        table.add_row("", f"[bold]{escape(chapter)}[/bold]")
        for claim in claims:
            number += 1
            status = claim.status(verdicts)
            says = escape(claim.says) + (f"\n[dim]{escape(claim.truth)}[/dim]" if claim.truth else "")
            coloured = f"[{_COLOURS[status]}]{status}[/{_COLOURS[status]}]"
            table.add_row(str(number), says, coloured, *_measured(claim, verdicts))
    return table


def _measured(claim: Claim, verdicts: Verdicts) -> tuple[str, str]:
    """What the claim's verdicts measured, and which they are, a line each."""
    rows = [verdicts.get(e.key) for e in claim.evidence]
    numbers = [_number(row) if row else "–" for row in rows]
    return escape("\n".join(numbers)), escape("\n".join(e.key for e in claim.evidence))


def _number(row: Row) -> str:
    measured = row["measured"]
    if isinstance(measured, str):
        return measured
    return shown(measured, float(row["tolerance"]) if row["holds"] else 0.0)
