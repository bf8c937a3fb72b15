"""Jacobians of chains. A Jacobian has a row for each output and a column for each input; J_1 is the first."""

import math
from collections.abc import Sequence
from itertools import pairwise, product

from zoo.errors import InputError

Jacobian = Sequence[Sequence[float]]


def sum_of_ways(jacobians: Sequence[Jacobian], output: int, source: int) -> float:
    """(J_n ⋯ J_1)_oi = Σ over all ways from input i to output o of the product of slopes along the way.

    A way goes through one unit after each layer but the last, and ways differ in a unit at least. That the
    product of matrices is this sum is its definition. (elementary)

    Args:
        jacobians: J_1, J_2, …, each with as many columns as the one before has rows.
        output, source: o and i, counted from 0.

    Raises:
        InputError: there is no Jacobian, or one has another number of columns than come in.
    """
    if not jacobians:
        raise InputError("jacobians is empty; a chain has at least 1")
    for number, (before, after) in enumerate(pairwise(jacobians), start=2):
        if any(len(row) != len(before) for row in after):
            raise InputError(f"Jacobian {number} has rows {list(after)}; {len(before)} numbers come in")
    total = 0.0
    for units in product(*(range(len(j)) for j in jacobians[:-1])):
        steps = zip(jacobians, pairwise((source, *units, output)), strict=True)
        total += math.prod(j[to][origin] for j, (origin, to) in steps)
    return total
