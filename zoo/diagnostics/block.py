"""Rows of numbers that stay on the device until they are asked for."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Block:
    """Up to ``size`` rows of as many numbers each: a step writes one row, one transfer brings them all.

    A number that is asked for at once (``.item()``) makes the host wait until the device has computed it, in
    every step. Rows are in float64, or float32 on a device that has no float64.

    Args:
        size: how many rows there is room for.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.count = 0
        self._rows = torch.empty(0, 0)

    def add(self, row: Tensor) -> None:
        """Keep a row, of shape (W,), W being the same for all rows until the next ``drain()``."""
        if self.count == 0:
            self._prepare(row)
        self._rows[self.count] = row
        self.count += 1

    def drain(self) -> NDArray[np.float64]:
        """The rows since the last call, as (N, W), and room for others."""
        rows = self._rows[: self.count].double().cpu().numpy().copy()
        self.count = 0
        return rows

    def _prepare(self, row: Tensor) -> None:
        shape = (self.size, len(row))
        if self._rows.shape != shape or self._rows.device != row.device or self._rows.dtype != row.dtype:
            self._rows = row.new_empty(shape)
