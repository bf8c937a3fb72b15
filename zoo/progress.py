"""One progress bar for all the runs of an experiment."""

import time
from typing import Any

import lightning as L
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class RunsProgress:
    """A bar that counts runs, and moves within each run too.

    Args:
        title: what stands before the bar.
        total: how many runs there will be.
        console: where to draw; on anything but a terminal nothing is drawn.
    """

    def __init__(self, title: str, total: int, console: Console) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[run]}"),
        )
        self.progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self.task: TaskID = self.progress.add_task(title, total=total, run="")
        self.finished = 0

    def __enter__(self) -> "RunsProgress":
        self.progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.progress.stop()

    def begin(self, run: str) -> None:
        """Name the run that comes next."""
        self.progress.update(self.task, run=run)

    def within(self, share: float) -> None:
        """Move to the share, 0 to 1, of the run that is going on."""
        self.progress.update(self.task, completed=self.finished + share)

    def end(self) -> None:
        """Count the run that went on."""
        self.finished += 1
        self.progress.update(self.task, completed=self.finished)


class ShareDone(L.Callback):
    """Tell a `RunsProgress` how far the Trainer is; at most ten times a second, since drawing costs time."""

    def __init__(self) -> None:
        self.bar: RunsProgress | None = None
        self.drawn = 0.0

    def on_train_batch_end(self, trainer: L.Trainer, *args: Any) -> None:
        """Move the bar."""
        if self.bar is None or time.monotonic() - self.drawn < 0.1:
            return
        self.drawn = time.monotonic()
        self.bar.within(min(1.0, trainer.global_step / max(1, trainer.estimated_stepping_batches)))
