"""The charts that gather a monitor's points in TensorBoard's tab "Custom Scalars".

A chart is a list of regular expressions; it draws every tag that matches one of them from its beginning.
"""

from collections.abc import Iterable, Mapping

import lightning as L
from lightning.pytorch.loggers import TensorBoardLogger

Charts = Mapping[str, Mapping[str, list[str]]]


def write_charts(trainer: L.Trainer, charts: Iterable[Charts]) -> None:
    """Write one layout with all the charts to each of the Trainer's TensorBoard loggers."""
    layout: dict[str, dict[str, list[str | list[str]]]] = {}
    for own in charts:
        for category, titles in own.items():
            multiline: dict[str, list[str | list[str]]] = {
                title: ["Multiline", tags] for title, tags in titles.items()
            }
            layout.setdefault(category, {}).update(multiline)
    for logger in trainer.loggers:
        if layout and trainer.is_global_zero and isinstance(logger, TensorBoardLogger):
            logger.experiment.add_custom_scalars(layout)
