"""The loss whose gradient every step takes."""

from collections.abc import Mapping
from typing import Any

import lightning as L
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from zoo.diagnostics.charts import Charts
from zoo.diagnostics.loggers import Points
from zoo.diagnostics.monitor import Monitor

CHARTS: Charts = {"Loss": {"loss": [r"^loss/step$"]}}


class LossMonitor(Monitor):
    """Log the training loss of every optimizer step as ``loss/step``, without waiting for the device.

    It is what ``training_step`` returns, as a tensor or under the key "loss". Over accumulated batches it is
    the sum of what Lightning differentiates, each batch's loss divided by their number. A step for which
    ``training_step`` returned nothing has no record: under manual optimization, return the loss.

    To log it with ``self.log`` in every step costs about as much as a step of a small network does.

    Attributes:
        steps: the optimizer step of every record, the first being 0.
        losses: the loss of every record.
    """

    charts: Charts = CHARTS

    def reset(self) -> None:
        """Forget what was recorded."""
        super().reset()
        self._losses: list[float] = []
        self._sum: Tensor | None = None
        self._step = 0

    @property
    def losses(self) -> list[float]:
        """The loss of every record."""
        self.flush()
        return self._losses

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Remember which step this batch is part of."""
        self._step = trainer.global_step

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Add the batch's loss, and record the sum if the optimizer has made a step."""
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
        if isinstance(loss, Tensor):
            loss = loss.detach().reshape(1)
            self._sum = loss if self._sum is None else self._sum + loss
        if self._sum is not None and trainer.global_step != self._step:
            self.record(trainer, self._sum, self._step)
            self._sum = None

    def digest(self, rows: NDArray[np.float64]) -> Points:
        """Keep the losses, and log them."""
        self._losses += rows[:, 0].tolist()
        return {"loss/step": np.ma.array(rows[:, 0])}
