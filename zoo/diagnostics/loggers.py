"""Points of many steps, given to any of Lightning's loggers."""

from collections.abc import Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch.loggers import Logger, TensorBoardLogger
from numpy.typing import NDArray

from zoo.diagnostics.records import ScalarRecords, append

Points = Mapping[str, np.ma.MaskedArray[Any, Any]]


class PointWriter:
    """Give points to a logger: to a TensorBoardLogger a block at once, to any other step by step.

    TensorBoardLogger writes an event a scalar, and TensorBoard's writer computes the checksum of each in
    Python, byte by byte. So its event file is appended to directly: its own records are flushed before, and
    it opens the file anew for each of them. Where that file is not in a folder of this machine, or a subclass
    has its own way to log metrics, the logger's ``log_metrics`` is called instead.

    Args:
        logger: the logger.
    """

    def __init__(self, logger: Logger) -> None:
        self.logger = logger
        self._records: dict[tuple[str, ...], ScalarRecords] = {}

    def write(self, steps: Sequence[int], times: Sequence[float], points: Points) -> None:
        """Log the points of N steps.

        Args:
            steps: (N,), the optimizer steps.
            times: (N,), when each was recorded, in seconds since 1970.
            points: tag → (N,) values; what is masked is not logged.
        """
        path = self._event_file()
        tags = list(points)
        values = np.stack([np.ma.getdata(column) for column in points.values()], axis=1)
        logged = ~np.stack([np.ma.getmaskarray(column) for column in points.values()], axis=1)
        if path is None:
            for step, row, has in zip(steps, values.tolist(), logged, strict=True):
                self.logger.log_metrics(dict(compress(zip(tags, row, strict=True), has)), step)
        else:
            append(path, self._encoded(steps, times, tags, values, logged))

    def _event_file(self) -> Path | None:
        logger = self.logger
        if not isinstance(logger, TensorBoardLogger):
            return None
        if type(logger).log_metrics is not TensorBoardLogger.log_metrics or logger._prefix:
            return None
        logger.experiment.flush()
        # TensorBoard reads the files of a folder in this order, and never returns to an earlier one.
        return max(Path(logger.log_dir).glob("events.out.tfevents.*"), default=None)

    def _encoded(
        self,
        steps: Sequence[int],
        times: Sequence[float],
        tags: Sequence[str],
        values: NDArray[np.float64],
        logged: NDArray[np.bool_],
    ) -> bytes:
        """The records of all steps, in their order; neighbours with the same tags are encoded together."""
        changes = (logged[1:] != logged[:-1]).any(axis=1).nonzero()[0] + 1
        encoded = []
        for start, end in zip([0, *changes], [*changes, len(steps)], strict=True):
            has_point = logged[start]
            present = tuple(compress(tags, has_point))
            records = self._records.get(present)
            if records is None:
                records = self._records[present] = ScalarRecords(present)
            rows = records.encode(steps[start:end], times[start:end], values[start:end, has_point])
            encoded.append(rows.tobytes())
        return b"".join(encoded)
