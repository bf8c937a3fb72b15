"""What a monitor gives to the loggers: points, and for TensorBoard the charts that gather them.

TensorBoard shows the charts in its tab "Custom Scalars". A chart is a list of regular expressions; it draws
every tag that matches one of them from its beginning.
"""

import math
from collections.abc import Mapping

import lightning as L
from lightning.pytorch.loggers import TensorBoardLogger

Charts = Mapping[str, Mapping[str, list[str]]]


class Monitor(L.Callback):
    """A callback with charts of its own.

    TensorBoard reads one layout a run. So the first monitor among the Trainer's callbacks writes that of all.

    Attributes:
        charts: category → title of a chart → regular expressions of the tags in it.
    """

    charts: Charts

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Have the charts written, once for all monitors."""
        if self is _monitors(trainer)[0]:
            write_charts(trainer)


def write_charts(trainer: L.Trainer) -> None:
    """Write the charts of all monitors among the Trainer's callbacks to each of its TensorBoard loggers."""
    layout: dict[str, dict[str, list[str | list[str]]]] = {}
    for monitor in _monitors(trainer):
        for category, charts in monitor.charts.items():
            multiline: dict[str, list[str | list[str]]] = {
                title: ["Multiline", tags] for title, tags in charts.items()
            }
            layout.setdefault(category, {}).update(multiline)
    for logger in trainer.loggers:
        if layout and trainer.is_global_zero and isinstance(logger, TensorBoardLogger):
            logger.experiment.add_custom_scalars(layout)


def write_points(trainer: L.Trainer, points: Mapping[str, float], step: int) -> None:
    """Give the points that are finite to every logger: not every one survives NaN or infinity."""
    finite = {tag: value for tag, value in points.items() if math.isfinite(value)}
    if trainer.is_global_zero:
        for logger in trainer.loggers:
            logger.log_metrics(finite, step)


def _monitors(trainer: L.Trainer) -> list[Monitor]:
    return [c for c in trainer.callbacks if isinstance(c, Monitor)]  # type: ignore[attr-defined]
