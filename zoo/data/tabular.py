"""Two real tables that scikit-learn brings along."""

import lightning as L
import torch
from sklearn.datasets import load_diabetes, load_digits
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from zoo.errors import InputError


class Diabetes(L.LightningDataModule):
    """442 patients, ten measurements each; the target is how far the disease went within a year.

    One batch holds everyone, so that a step of the optimizer is a step of gradient descent. (Efron et al.
    2004)

    Args:
        standardize: whether every feature is centred and divided by its population standard deviation.
            Without it features keep their units, from 1 (sex) to 301 (serum cholesterol).
        samples: use the first ``samples`` patients only; null for all.

    Attributes:
        x: (N, 10) float32 features.
        y: (N, 1) float32 targets, standardized always: their unit is one standard deviation (77 points).

    Raises:
        InputError: fewer than 11 samples (ten slopes and an intercept would not be determined), or more than
            442.
    """

    def __init__(self, standardize: bool = True, samples: int | None = None) -> None:
        super().__init__()
        x, y = load_diabetes(return_X_y=True, scaled=False)
        if samples is not None and not 11 <= samples <= len(x):
            raise InputError(f"samples is {samples}; choose 11 to {len(x)}, or null for all")
        features, targets = torch.tensor(x)[:samples], torch.tensor(y)[:samples, None]
        self.x = (_standardized(features) if standardize else features).float()
        self.y = _standardized(targets).float()

    def train_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        """The whole table as one batch."""
        return DataLoader(TensorDataset(self.x, self.y), batch_size=len(self.x))


class Digits(L.LightningDataModule):
    """1797 handwritten digits of 8×8 pixels, ten classes. (Alpaydin & Kaynak 1998)

    Args:
        batch_size: samples a training batch.
        validation_samples: how many samples, drawn by ``split_seed``, are kept for validation.
        split_seed: the split is the same for every seed of the run, so accuracies differ by training alone.

    Attributes:
        x, y: (N, 64) float32 training pixels, standardized by their common mean and deviation, and (N,)
            classes.
        x_validation, y_validation: the same for the validation samples, by the training samples' mean and
            deviation.
        classes: 10.

    Raises:
        InputError: batch_size below 1, or a split that leaves one side empty.
    """

    classes = 10

    def __init__(self, batch_size: int = 64, validation_samples: int = 360, split_seed: int = 0) -> None:
        super().__init__()
        if batch_size < 1:
            raise InputError(f"batch_size is {batch_size}; it must be at least 1")
        pixels, classes = load_digits(return_X_y=True)
        if not 1 <= validation_samples < len(pixels):
            raise InputError(f"validation_samples is {validation_samples}; choose 1 to {len(pixels) - 1}")
        order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(split_seed))
        x, y = torch.tensor(pixels, dtype=torch.float32)[order], torch.tensor(classes)[order]
        held, kept = x[:validation_samples], x[validation_samples:]
        mean, std = kept.mean(), kept.std()
        self.batch_size = batch_size
        self.x, self.y = (kept - mean) / std, y[validation_samples:]
        self.x_validation, self.y_validation = (held - mean) / std, y[:validation_samples]

    def train_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        """Shuffled mini-batches; the last, shorter one of an epoch is left out."""
        drop_last = self.batch_size <= len(self.x)
        return DataLoader(TensorDataset(self.x, self.y), self.batch_size, shuffle=True, drop_last=drop_last)

    def val_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        """All validation samples in one batch."""
        return DataLoader(TensorDataset(self.x_validation, self.y_validation), len(self.x_validation))


def _standardized(table: Tensor) -> Tensor:
    """Every column to mean 0 and population variance 1, so that its own curvature in least squares is 2."""
    return (table - table.mean(dim=0)) / table.std(dim=0, correction=0)
