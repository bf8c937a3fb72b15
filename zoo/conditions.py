"""What a law assumes of a run: where the config says otherwise, it is refused in one sentence.

A law is a statement about certain steps of a certain optimizer on a certain network. A prediction that is
made outside its conditions would be false, not falsified.
"""

from typing import Any

from torch import Tensor
from torch.nn import Linear, Module

from zoo.data import Diabetes
from zoo.diagnostics import GradientNormMonitor
from zoo.errors import InputError
from zoo.models import MLP, Polynomial
from zoo.run import Run
from zoo.training import Minimizer, Regressor

# What of a Trainer changes its steps or how many they are, with the value at which it changes nothing.
# How long it trains is not among them: `Run.steps` knows that.
_TRAINER = {
    "accumulate_grad_batches": 1,
    "callbacks": None,
    "detect_anomaly": False,
    "fast_dev_run": False,
    "gradient_clip_val": None,
    "max_time": None,
    "min_epochs": None,
    "min_steps": None,
    "overfit_batches": 0.0,
    "plugins": None,
    "val_check_interval": None,
}
# What of an optimizer makes its step another one than η g, all of it off at 0 or False.
_OPTIMIZER = (
    "momentum",
    "dampening",
    "weight_decay",
    "nesterov",
    "maximize",
    "amsgrad",
    "decoupled_weight_decay",
)


def require_plain_trainer(run: Run[Any], *known: str) -> None:
    """Refuse a Trainer whose steps are not one batch, one gradient, one update; ``known`` is allowed.

    Raises:
        InputError: a key of the Trainer is set of which the laws know nothing.
    """
    for key, plain in _TRAINER.items():
        value = run.config.trainer.get(key)
        if key not in known and value not in (plain, None, []):
            shown = "set" if key in ("callbacks", "plugins") else value
            raise InputError(f"trainer.{key} is {shown} in {run.variant}; these laws hold with {plain}")


def require_precision(run: Run[Any], *precisions: str) -> None:
    """Refuse another floating-point format than those that the tolerances are for.

    Raises:
        InputError: the run has another.
    """
    found = run.trainer.precision
    if found not in precisions:
        raise InputError(
            f"trainer.precision is {found!r} in {run.variant}; these laws are checked in {either(precisions)}"
        )


def require_optimizer(run: Run[Any], *names: str, known: tuple[str, ...] = ()) -> None:
    """Refuse another optimizer than those named, or one with a switch on that is not among ``known``.

    Raises:
        InputError: the laws do not speak of the run's optimizer.
    """
    o = run.optimizer
    if o["name"] not in names:
        raise InputError(
            f"the optimizer is {o['name']} in {run.variant}; these laws speak of {either(names)}"
        )
    for switch in _OPTIMIZER:
        if switch not in known and o.get(switch):
            raise InputError(
                f"{switch} is {o[switch]} in {run.variant}; these laws speak of {o['name']} without it"
            )


def require_undisturbed(run: Run[Minimizer]) -> None:
    """Refuse noise on the gradient, and a radius at which the run would stop before its time.

    Raises:
        InputError: the run has one of them.
    """
    noise, radius = run.model.noise_std, run.model.stop_radius
    if noise or radius is not None:
        raise InputError(
            f"model.noise_std is {noise:g} and model.stop_radius {radius or 'null'} in {run.variant}; these "
            "laws speak of a whole run without noise: 0 and null"
        )


def require_descent(run: Run[Minimizer], surface: type[Module], *known: str) -> None:
    """Refuse all but a whole run of SGD in float64, with an lr above 0, on a surface of that class.

    Args:
        run: the run.
        surface: a class of zoo.models.
        known: switches of SGD of which the laws know: "momentum".

    Raises:
        InputError: the run is another.
    """
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD", known=known)
    require_undisturbed(run)
    if not isinstance(run.model.surface, surface):
        raise InputError(
            f"model.surface is {type(run.model.surface).__name__} in {run.variant}; choose "
            f"zoo.models.{surface.__name__}"
        )
    if not run.optimizer["lr"]:
        raise InputError(f"model.optimizer.lr is 0 in {run.variant}; choose an lr above 0")


def require_parabola(run: Run[Minimizer]) -> tuple[float, float]:
    """λ and x* of f = f(x*) + ½ λ (x − x*)², if one point descends there as `require_descent` has it.

    Raises:
        InputError: the run is another, or λ is 0.
    """
    require_descent(run, Polynomial)
    c, points = run.model.surface.coefficients.tolist(), len(run.model.surface.point)
    if len(c) != 3 or c[2] == 0 or points != 1:
        raise InputError(
            f"the surface of {run.variant} has coefficients {c} and copies {points}; these laws speak of a "
            "parabola: three coefficients, the last not 0, and copies 1"
        )
    return 2 * c[2], -c[1] / (2 * c[2]) + 0.0  # + 0.0: no "-0"


def require_least_squares(run: Run[Regressor]) -> None:
    """Refuse all but SGD in float64 on a linear model of the diabetes data, with a bias.

    Raises:
        InputError: the run is another.
    """
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD")
    network, data = run.model.network, run.datamodule
    fits = isinstance(network, Linear) and (network.in_features, network.out_features) == (10, 1)
    if not (fits and network.bias is not None and isinstance(data, Diabetes)):
        raise InputError(
            f"{run.variant} has {network} and {type(data).__name__}; these laws speak of zoo.data.Diabetes "
            "and torch.nn.Linear with 10 in_features, 1 out_features and a bias"
        )


def require_mlp(run: Run[Any]) -> MLP:
    """The run's network, if it is an MLP that classifies the run's data and has two hidden layers or more.

    Raises:
        InputError: it is not.
    """
    network, data = run.model.network, run.datamodule
    if not isinstance(network, MLP):
        raise InputError(
            f"the network is {type(network).__name__} in {run.variant}; these laws speak of zoo.models.MLP"
        )
    classes, x = getattr(data, "classes", None), getattr(data, "x", None)
    if classes is None or not isinstance(x, Tensor):
        raise InputError(
            f"data is {type(data).__name__} in {run.variant}; a classifier needs classes: "
            "choose zoo.data.Digits or zoo.data.Images"
        )
    features = x.flatten(1).shape[1]
    for key, has, needs in (
        ("in_features", network.in_features, features),
        ("out_features", network.out_features, classes),
    ):
        if has != needs:
            raise InputError(f"model.network.{key} is {has} in {run.variant}; these data need {needs}")
    if network.depth < 2:
        raise InputError(
            f"model.network.depth is {network.depth} in {run.variant}; from 2 on, "
            "a gradient passes from one hidden layer to another"
        )
    return network


def require_signals(run: Run[Any]) -> MLP:
    """The network of a run whose ‖∂L/∂h‖ is recorded, in float64 or float32, and is what the Trainer makes.

    Raises:
        InputError: it is not.
    """
    require_plain_trainer(run)
    require_precision(run, "64-true", "32-true")
    if not run.callback(GradientNormMonitor).signals:
        raise InputError(f"gradient_norms.signals is false in {run.variant}; these laws are measured by them")
    return require_mlp(run)


def either(choices: tuple[str, ...]) -> str:
    """The choices as a sentence has them: "a, b or c"."""
    return " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))
