"""Rows of norms, read back: columns that grow, norms of groups, logarithms."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NONE = -1.0  # stands in a row where there was nothing to measure: a norm is never below 0


class History:
    """Columns of numbers that grow together; NaN stands where a column had nothing.

    Attributes:
        columns: name → its numbers, one a record; without those that never had one.
    """

    def __init__(self) -> None:
        self.columns: dict[str, list[float]] = {}
        self._records = 0

    def extend(
        self, names: Iterable[str], rows: NDArray[np.float64]
    ) -> dict[str, np.ma.MaskedArray[Any, Any]]:
        """Add N records, and return the same numbers by name, masked where there was none.

        Args:
            names: (K,), in the order of the rows' columns.
            rows: (N, K), with NONE where there was nothing.
        """
        added = {}
        for name, column in zip(names, rows.T, strict=bool(rows.size)):
            nothing = column == NONE
            if nothing.all() and name not in self.columns:
                continue
            known = self.columns.setdefault(name, [np.nan] * self._records)
            known += np.where(nothing, np.nan, column).tolist()
            added[name] = np.ma.array(column, mask=nothing)
        self._records += len(rows)
        return added


def group_norms(norms: NDArray[np.float64], sizes: Sequence[int]) -> NDArray[np.float64]:
    """√(Σ nᵢ²) over neighbours, without underflow or overflow; NONE where all of them are.

    Args:
        norms: (N, P), with NONE where there was no gradient.
        sizes: (K,), how many neighbours make each group; their sum is P.
    """
    if not sizes:
        return norms
    starts = np.cumsum([0, *sizes[:-1]])
    largest = np.maximum.reduceat(norms, starts, axis=1)
    with np.errstate(invalid="ignore"):
        scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
        scaled = np.maximum(norms, 0) / np.repeat(scale, sizes, axis=1)
        found = scale * np.sqrt(np.add.reduceat(np.square(scaled), starts, axis=1))
    return np.where(largest == NONE, NONE, found)


def log10(column: np.ma.MaskedArray[Any, Any]) -> np.ma.MaskedArray[Any, Any]:
    """The logarithm, masked where the column is masked or 0; that of NaN is NaN."""
    values = np.ma.getdata(column)
    masked = np.ma.getmaskarray(column) | (values == 0)
    return np.ma.array(np.log10(np.where(masked, 1.0, values)), mask=masked)
