"""Surfaces to walk on: the parameter is the point."""

import torch
from torch import Tensor, nn

from zoo.calculus.surfaces import quadratic
from zoo.errors import InputError


class Quadratic(nn.Module):
    """f(point) = ½ Σ λ_i point_i²: a bowl, or a saddle where some λ_i is negative.

    It is kept in float64, since exact step counts are read off it.

    Args:
        curvatures: λ_i, the curvature along each of the D coordinates; its unit is height per length².
        start: where the point starts, D numbers.
        copies: K, how many points start there and then move independently.

    Attributes:
        point: the parameter, of shape (K, D).

    Raises:
        InputError: curvatures and start differ in length, or there is nothing to move.
    """

    curvatures: Tensor

    def __init__(self, curvatures: list[float], start: list[float], copies: int = 1) -> None:
        super().__init__()
        if not curvatures or len(curvatures) != len(start):
            lengths = f"curvatures has {len(curvatures)} entries and start {len(start)}"
            raise InputError(f"{lengths}; they must have as many, at least 1")
        if copies < 1:
            raise InputError(f"copies is {copies}; it must be at least 1")
        self.register_buffer("curvatures", torch.tensor(curvatures, dtype=torch.float64))
        self.point = nn.Parameter(torch.tensor([start] * copies, dtype=torch.float64))

    def forward(self) -> Tensor:
        """The heights of all points, summed."""
        return quadratic(self.point, self.curvatures)

    def escaped(self, radius: float) -> bool:
        """Whether a point is at least ``radius`` out along a coordinate of negative curvature."""
        downhill = self.point.detach()[:, self.curvatures < 0]
        return bool((downhill.abs() >= radius).any())
