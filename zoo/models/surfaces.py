"""Surfaces to walk on: the parameter is the point. All are float64, since exact numbers are read off them."""

import torch
from torch import Tensor, nn

from zoo.calculus.surfaces import logistic, polynomial, quadratic
from zoo.errors import InputError


class Surface(nn.Module):
    """What a `zoo.training.Minimizer` walks on: its forward() is the height of all points, summed.

    Attributes:
        point: the parameter, of shape (K, D): K points of D coordinates.
    """

    point: nn.Parameter

    def escaped(self, radius: float) -> bool:
        """Whether a coordinate of a point is at least ``radius`` away from 0."""
        return bool((self.point.detach().abs() >= radius).any())


class Quadratic(Surface):
    """f(point) = ½ Σ λ_i point_i²: a bowl, or a saddle where some λ_i is negative.

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


class Polynomial(Surface):
    """f(point) = Σ c_k point^k, along one coordinate.

    Args:
        coefficients: c_k, constant first: [9, −6, 1] is (x − 3)².
        start: where the point starts; the first one, if there are more.
        end: where the last of several starts; null for all at ``start``.
        copies: K, how many points start, evenly spaced from start to end, and then move independently.

    Attributes:
        point: the parameter, of shape (K, 1).

    Raises:
        InputError: no coefficient, or there is nothing to move.
    """

    coefficients: Tensor

    def __init__(
        self, coefficients: list[float], start: float, end: float | None = None, copies: int = 1
    ) -> None:
        super().__init__()
        if not coefficients:
            raise InputError("coefficients is empty; a polynomial has at least 1")
        self.register_buffer("coefficients", torch.tensor(coefficients, dtype=torch.float64))
        self.point = _row_of_points(start, end, copies)

    def forward(self) -> Tensor:
        """The heights of all points, summed."""
        return polynomial(self.point, self.coefficients)

    @property
    def numbers(self) -> list[float]:
        """c_k, as `zoo.theory` takes them."""
        found: list[float] = self.coefficients.tolist()
        return found


class Logistic(Surface):
    """f(point) = Σ ln(1 + e^(−point)): the loss of one separable sample. It has no minimum.

    Args:
        start: where the point starts; the first one, if there are more.
        end: where the last of several starts; null for all at ``start``.
        copies: K, how many points start, evenly spaced from start to end, and then move independently.

    Attributes:
        point: the parameter, of shape (K, 1).

    Raises:
        InputError: there is nothing to move.
    """

    def __init__(self, start: float = 0.0, end: float | None = None, copies: int = 1) -> None:
        super().__init__()
        self.point = _row_of_points(start, end, copies)

    def forward(self) -> Tensor:
        """The heights of all points, summed."""
        return logistic(self.point)


def _row_of_points(start: float, end: float | None, copies: int) -> nn.Parameter:
    if copies < 1:
        raise InputError(f"copies is {copies}; it must be at least 1")
    last = start if end is None else end
    return nn.Parameter(torch.linspace(start, last, copies, dtype=torch.float64)[:, None])
