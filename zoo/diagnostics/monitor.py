"""What all monitors share: records that stay on the device, and are read and logged a block at a time."""

import time
from typing import NamedTuple

import lightning as L
import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from zoo.diagnostics.block import Block
from zoo.diagnostics.charts import Charts, write_charts
from zoo.diagnostics.loggers import Points, PointWriter

BLOCK = 50  # records
LATEST = 30.0  # seconds that a record may wait for its block to fill


class Monitor(L.Callback):
    """A callback that records numbers in training, at next to no cost in a step.

    A record is a row of numbers that stay on the device. Fifty of them, or those of half a minute, are read
    and logged at once, and the rest when training ends, also by an exception or by Ctrl-C. To read an
    attribute reads what is still on the device first.

    A monitor of your own says what its numbers mean in ``digest()``, and calls ``record()`` with a row in any
    hook between ``on_fit_start`` and ``on_train_end``.

    Attributes:
        handles: of hooks that the monitor has registered; they are removed when training ends.
        charts: category → title of a chart → regular expressions of the tags in it. TensorBoard reads one
            layout a run; so the first monitor among the Trainer's callbacks writes that of all.
    """

    charts: Charts

    def __init__(self) -> None:
        self.handles: list[RemovableHandle] = []
        self.reset()

    def reset(self) -> None:
        """Forget what was recorded."""
        self._steps: list[int] = []
        self._block, self._waiting = Block(BLOCK), Waiting([], [])
        self._writers: list[PointWriter] = []

    @property
    def steps(self) -> list[int]:
        """The optimizer step of every record, the first being 0."""
        self.flush()
        return self._steps

    def record(self, trainer: L.Trainer, row: Tensor, step: int | None = None) -> None:
        """Keep a row of numbers.

        Args:
            trainer: the Trainer.
            row: (W,), on any device; W is the same for all rows between two flushes.
            step: the optimizer step that it belongs to; the current one, if it is left out.
        """
        self._block.add(row)
        self._waiting.steps.append(trainer.global_step if step is None else step)
        self._waiting.times.append(time.time())
        if self._block.count == BLOCK or self._waiting.times[-1] - self._waiting.times[0] > LATEST:
            self.flush()

    def flush(self) -> None:
        """Read what is on the device, and log it."""
        steps, times = self._waiting
        if steps:
            self._waiting = Waiting([], [])
            self._steps += steps
            points = self.digest(self._block.drain())
            for writer in self._writers:
                writer.write(steps, times, points)

    def digest(self, rows: NDArray[np.float64]) -> Points:
        """Keep what N rows say in attributes, and return the points to log.

        Args:
            rows: (N, W), as they were recorded.

        Returns:
            Tag → (N,) values. What is masked has no point.
        """
        raise NotImplementedError

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Forget an earlier fit, and have the charts written, once for all monitors."""
        self.reset()
        if trainer.is_global_zero:
            self._writers = [PointWriter(logger) for logger in trainer.loggers]
        monitors = [c for c in trainer.callbacks if isinstance(c, Monitor)]  # type: ignore[attr-defined]
        if self is monitors[0]:
            write_charts(trainer, [m.charts for m in monitors])

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Leave no hook behind, and log the rest."""
        self.detach()
        self.flush()

    def on_exception(
        self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException
    ) -> None:
        """Leave no hook behind, and log the rest: what led to the exception may be in it."""
        self.detach()
        self.flush()

    def detach(self) -> None:
        """Remove the hooks."""
        for handle in self.handles:
            handle.remove()
        self.handles.clear()


class Waiting(NamedTuple):
    """When the rows were recorded that are in the block."""

    steps: list[int]
    times: list[float]
