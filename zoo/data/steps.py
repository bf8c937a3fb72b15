"""Batches without content: what counts is how many there are."""

import lightning as L
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from zoo.errors import InputError


class _Empty(Dataset[Tensor]):
    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Tensor:
        if not 0 <= index < self.length:
            raise IndexError(index)
        return torch.empty(0)


class Steps(L.LightningDataModule):
    """One epoch of ``count`` empty batches, for a loss that is a function of the parameters alone.

    Args:
        count: the number of optimizer steps in the epoch.

    Raises:
        InputError: count is below 1.
    """

    def __init__(self, count: int = 1000) -> None:
        super().__init__()
        if count < 1:
            raise InputError(f"count is {count}; it must be at least 1")
        self.count = count

    def train_dataloader(self) -> DataLoader[Tensor]:
        """The empty batches."""
        return DataLoader(_Empty(self.count), batch_size=None)
