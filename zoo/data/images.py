"""torchvision's image data sets, by name."""

from collections.abc import Callable
from typing import Literal, get_args

import lightning as L
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Subset
from torchvision import datasets
from torchvision.datasets import VisionDataset
from torchvision.transforms import v2

from zoo.errors import InputError

ImagesName = Literal["fake", "mnist", "fashion_mnist", "cifar10"]
Sample = tuple[Tensor, int]
_DOWNLOADED: dict[str, Callable[..., VisionDataset]] = {
    "mnist": datasets.MNIST,
    "fashion_mnist": datasets.FashionMNIST,
    "cifar10": datasets.CIFAR10,
}


class Images(L.LightningDataModule):
    """Images of ten classes, as (N, C, H, W) floats standardized by their training set's mean and deviation.

    "fake" is torchvision's FakeData: random pixels and random classes, made in memory, so that a network can
    at best memorize it. The others are downloaded once into ``root`` and then read from there.

    Args:
        name: which data set.
        root: where the downloaded ones are kept.
        batch_size: samples a training batch.
        train_samples: use this many training samples; null for all (fake: 1000).
        validation_samples: how many samples of the test set to validate on; null for all (fake: 200).

    Attributes:
        x: the first thousand training images, or all if there are fewer; there after ``setup``.
        classes: 10.

    Raises:
        InputError: an unknown name, or a size below 1.
        ConnectionError: the data set is neither in root nor can it be downloaded.
    """

    classes = 10

    def __init__(
        self,
        name: ImagesName = "fake",
        root: str = "datasets",
        batch_size: int = 64,
        train_samples: int | None = None,
        validation_samples: int | None = None,
    ) -> None:
        super().__init__()
        if name not in get_args(ImagesName):
            raise InputError(f"name is {name!r}; choose one of {', '.join(get_args(ImagesName))}")
        sizes = {
            "batch_size": batch_size,
            "train_samples": train_samples,
            "validation_samples": validation_samples,
        }
        for argument, size in sizes.items():
            if size is not None and size < 1:
                raise InputError(f"{argument} is {size}; it must be at least 1")
        self.dataset_name: ImagesName = name
        self.root, self.batch_size = root, batch_size
        self.train_samples, self.validation_samples = train_samples, validation_samples

    def prepare_data(self) -> None:
        """Download what is not there yet."""
        for train in (True, False):
            self._dataset(train, download=True)

    def setup(self, stage: str | None = None) -> None:
        """Standardize by the training images, channel by channel; the first thousand of them say how."""
        raw = _first(self._dataset(train=True), self.train_samples)
        pixels = torch.stack([raw[i][0] for i in range(min(1000, len(raw)))])
        normalize = v2.Normalize(pixels.mean(dim=(0, 2, 3)).tolist(), pixels.std(dim=(0, 2, 3)).tolist())
        self.x = normalize(pixels)
        self.train = _first(self._dataset(True, normalize), self.train_samples)
        self.validation = _first(self._dataset(False, normalize), self.validation_samples)

    def train_dataloader(self) -> DataLoader[Sample]:
        """Shuffled mini-batches."""
        return DataLoader(self.train, self.batch_size, shuffle=True)

    def val_dataloader(self) -> DataLoader[Sample]:
        """Mini-batches in order."""
        return DataLoader(self.validation, self.batch_size)

    def _dataset(self, train: bool, *then: v2.Transform, download: bool = False) -> VisionDataset:
        """The training or test images as tensors in [0, 1], and what else is to be done to them."""
        transform = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), *then])
        if self.dataset_name == "fake":
            size, offset = (1000, 0) if train else (200, 1000)
            return datasets.FakeData(size, (1, 28, 28), 10, transform, random_offset=offset)
        try:
            return _DOWNLOADED[self.dataset_name](self.root, train, transform=transform, download=download)
        except (RuntimeError, OSError) as error:  # URLError is an OSError
            raise ConnectionError(
                f"data set {self.dataset_name!r} is not in {self.root!r} and could not be downloaded; "
                "connect once, put its files there, or choose name: fake"
            ) from error


def _first(dataset: VisionDataset, count: int | None) -> Subset[Sample]:
    """The first ``count`` samples; all of them, if there are fewer or count is None."""
    return Subset(dataset, range(len(dataset))[:count])
