"""The optimizer of a run: in a few words, as the laws of momentum take it, and the paths that follow."""

from typing import Any

import torch
from torch import Tensor

from zoo.errors import InputError
from zoo.run import Run
from zoo.theory import descent, momentum
from zoo.theory.rounding import UNIT
from zoo.training import Minimizer, Regressor

# How far `momentum.followed_factor` may be from |z|, and why.
FIT: Any = {"atol": 1e-5, "because": "the fit leaves 1e-10 open, and a double root moves by its square root"}


def in_words(run: Run[Any]) -> str:
    """Its name, η and β; with momentum, in which form it is: "heavy ball, η = 0.01, β = 0.9".

    Momentum is PyTorch's, v ← βv + (1 − d)g and w ← w − ηv; with a dampening d it is called averaged.
    """
    o = run.optimizer
    if not o.get("momentum"):
        return f"{'gradient descent' if o['name'] == 'SGD' else o['name']}, η = {o['lr']:.4g}"
    kind = "Nesterov" if o["nesterov"] else "averaged momentum" if o["dampening"] else "heavy ball"
    return f"{kind}, η = {o['lr']:.4g}, β = {o['momentum']:.4g}"


def momentum_form(run: Run[Any]) -> dict[str, Any]:
    """β, d and whether it is Nesterov's, by the names that the laws give them; 0 where there is none."""
    return {key: run.optimizer.get(key, 0) for key in ("momentum", "dampening", "nesterov")}


def quadratic_path(run: Run[Minimizer]) -> Tensor:
    """Every point of a run with SGD on a `zoo.models.Quadratic`, before the run: (steps + 1, directions).

    Raises:
        InputError: the law of momentum does not speak of the run, or its height leaves float64.
    """
    surface, rate, form = run.model.surface, run.optimizer["lr"], momentum_form(run)
    pairs = list(zip(surface.point[0].tolist(), surface.curvatures.tolist(), strict=True))
    path = [[momentum.iterate(k, x, rate, c, **form) for x, c in pairs] for k in range(int(run.steps) + 1)]
    points = torch.tensor(path, dtype=torch.float64)
    if not (surface.curvatures * points**2).isfinite().all():
        raise InputError(f"{run.variant} leaves float64 within {run.steps} steps; lower its η or data.count")
    return points


def least_squares(run: Run[Regressor]) -> tuple[Tensor, Tensor]:
    """Of the run's data: w* = (w…, b) of the normal equations, (D,), and H = (2/N) AᵀA with A = [x 1]."""
    data: Any = run.datamodule  # the Trainer's own kind knows no x
    return descent.normal_equations(data.x, data.y[:, 0]), descent.mse_hessian(data.x)


def least_squares_path(run: Run[Regressor]) -> Tensor:
    """Every (w…, b) of a run with SGD on a linear model, before the run: (steps + 1, D).

    Raises:
        InputError: the law of gradient descent does not speak of the run, or its loss leaves float64.
    """
    optimum, hessian = least_squares(run)
    start = torch.cat([p.detach().double().flatten() for p in run.model.network.parameters()])
    points = descent.iterates(start, optimum, hessian, run.optimizer["lr"], int(run.steps))
    errors = points - optimum
    if not ((errors @ hessian * errors).sum(dim=1) < 1e300).all():  # so that a sum over samples is a number
        raise InputError(f"{run.variant} leaves float64 within {run.steps} steps; lower trainer.max_steps")
    return points


def along_eigenvectors(run: Run[Regressor], points: Tensor) -> Tensor:
    """w − w* along each eigenvector of the Hessian, flattest first: (K, D) to (K, D)."""
    optimum, hessian = least_squares(run)
    errors: Tensor = (points - optimum) @ torch.linalg.eigh(hessian).eigenvectors
    return errors


def path_rounding(run: Run[Any]) -> dict[str, Any]:
    """How far SGD's path may be from its closed form, relative to its largest point, and why.

    A step is rounded within 16 units of that, and so are the coefficients of the closed form; the recursion
    carries each on, in k steps at most k times as large, and 1/(1 − β) times where there is no curvature.
    """
    reach = max(int(run.steps), round(1 / (1 - run.optimizer["momentum"])))
    because = f"32 roundings of 1.1e-16 a step, each carried on for up to {reach} steps"
    return {"atol": 32 * UNIT * reach**2, "because": because}
