"""Data that is there without a download, as LightningDataModules.

    tabular    Diabetes (regression) and Digits (classification): real, bundled with scikit-learn
    images     Images: torchvision's data sets by name; "fake" needs no download
    columns    Columns: many independent random columns, and ways to draw batches of their rows
    steps      Steps: empty batches, for a loss that needs no data

A config names them by import path: ``class_path: zoo.data.Digits``.
"""

from zoo.data.columns import Columns
from zoo.data.images import Images
from zoo.data.steps import Steps
from zoo.data.tabular import Diabetes, Digits

__all__ = ["Columns", "Diabetes", "Digits", "Images", "Steps"]
