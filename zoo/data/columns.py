"""A random table whose columns have mean 0 and variance 1, exactly, and ways to draw batches of its rows."""

from typing import Literal, get_args

import lightning as L
import torch
from torch import Tensor
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

from zoo.errors import InputError

Order = Literal["shuffled", "replacement", "fixed"]


class Columns(L.LightningDataModule):
    """N rows, each a sample; D independent columns, drawn from N(0, 1) and then standardized.

    What is learnt from each column by itself is learnt D times over, from independent data, in one run: the
    mean over columns is then close to an expected value. They all share the batches.

    Args:
        rows: N.
        columns: D.
        batch_size: B, rows a batch; a last, shorter one is kept.
        order: "shuffled" goes through all rows in a new random order each pass; "replacement" draws every row
            of a batch from all of them, N draws a pass; "fixed" takes them as they stand.

    Attributes:
        x: (N, D) float64, every column with mean 0 and population variance 1.
        sizes: how many rows each batch of a pass has.

    Raises:
        InputError: an unknown order, fewer than two rows, no column, or a batch_size below 1.
    """

    def __init__(
        self, rows: int = 64, columns: int = 10_000, batch_size: int = 4, order: Order = "shuffled"
    ) -> None:
        super().__init__()
        if order not in get_args(Order):
            raise InputError(f"order is {order!r}; choose one of {', '.join(get_args(Order))}")
        for name, value, least in (("rows", rows, 2), ("columns", columns, 1), ("batch_size", batch_size, 1)):
            if value < least:
                raise InputError(f"{name} is {value}; it must be at least {least}")
        self.batch_size, self.order = batch_size, order
        drawn = torch.randn(rows, columns, dtype=torch.float64)
        self.x = (drawn - drawn.mean(dim=0)) / drawn.std(dim=0, correction=0)
        self.sizes = [min(batch_size, rows - first) for first in range(0, rows, batch_size)]

    def train_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        """Batches of rows, each a tuple of one tensor (B, D)."""
        rows = TensorDataset(self.x)
        if self.order == "replacement":
            return DataLoader(rows, self.batch_size, sampler=RandomSampler(rows, replacement=True))
        return DataLoader(rows, self.batch_size, shuffle=self.order == "shuffled")
