"""Figures in one style: predictions are lines, measurements markers, in colours that everyone tells apart."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

# Okabe & Ito 2008, without the yellow that is too light for a line.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#999999")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def panels(*titles: str, width: float = 5.5, height: float = 4.5) -> tuple[Figure, list[Axes]]:
    """A figure with one panel a title, side by side; its size in inches."""
    figure = Figure(figsize=(width * len(titles), height), layout="constrained")
    axes = [figure.add_subplot(1, len(titles), i, title=title) for i, title in enumerate(titles, start=1)]
    return figure, axes


def styles() -> Iterator[dict[str, Any]]:
    """Colour and marker for one series after another, for ever."""
    i = 0
    while True:
        # From the ninth series on colours return, each with the next marker.
        yield {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[(i + i // len(COLOURS)) % len(MARKERS)]}
        i += 1


def compare(
    axes: Axes,
    label: str,
    style: dict[str, Any],
    measured: Sequence[tuple[float, float]],
    predicted: Sequence[tuple[float, float]] = (),
) -> None:
    """One series: markers where it was measured, a line in the same colour where it was predicted.

    Of a long series about 25 markers are drawn, hollow, so that the line is seen through them.
    """
    every = max(1, len(measured) // 25)
    hollow: Any = {"linestyle": "", "markersize": 4.5, "markerfacecolor": "none", "markevery": every}
    axes.plot(*zip(*measured, strict=True), label=label, **hollow, **style)
    if predicted:
        axes.plot(*zip(*predicted, strict=True), linewidth=1, color=style["color"])


def height_lines(
    axes: Axes,
    height: Callable[[Tensor, Tensor], Tensor],
    x: tuple[float, float],
    y: tuple[float, float],
) -> None:
    """20 lines of equal height(x, y) where x and y are between these."""
    grid = torch.meshgrid(*(torch.linspace(low, high, 121) for low, high in (x, y)), indexing="xy")
    axes.contour(*grid, height(*grid), levels=20, colors="0.8", linewidths=0.7)


def legend(figure: Figure, axes: Axes, note: str, columns: int = 4) -> None:
    """The series of ``axes`` under the figure, and a note on what the markers and lines are."""
    handles, labels = axes.get_legend_handles_labels()
    small: Any = {"fontsize": "small", "title_fontsize": "small"}
    figure.legend(handles, labels, title=note, loc="outside lower center", ncols=columns, **small)
