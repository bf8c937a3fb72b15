"""Which experiments there are, and what each asks; read from their text, so that nothing is imported."""

import ast
import difflib
from dataclasses import dataclass
from pathlib import Path

from zoo.errors import InputError

# The order in which the lessons build on each other; a script that is not named here comes after these.
CURRICULUM = (
    "derivatives",
    "derivative_rules",
    "chain_rule",
    "gradients",
    "vector_chain_rule",
    "automatic_differentiation",
    "differentiation_cost",
    "kinks",
    "gradient_descent",
    "learning_rate",
    "learning_rate_limit",
    "linear_regression",
    "sublinear_convergence",
    "minibatches",
    "stochastic_gradient_descent",
    "terminal_velocity",
    "momentum",
    "critical_damping",
    "backpropagation",
    "backpropagation_cost",
    "losses",
    "softmax",
    "rounded_losses",
    "training_workflow",
    "activations",
    "vanishing_gradients",
    "gradient_clipping",
    "clipping_angle",
    "local_minima",
    "sharp_minima",
    "shallow_well",
    "stuck_networks",
    "saddle_escape",
    "saddles_and_minima",
    "loss_landscape",
)


@dataclass(frozen=True)
class Experiment:
    """One script and the config it is about.

    Attributes:
        name: the stem that script, config, run folder and test share.
        script: experiments/<name>.py.
        config: configs/<name>.yaml.
        question: the first line of the script's docstring.
        law: the docstring's paragraph that begins with "Law:", without that word.
    """

    name: str
    script: Path
    config: Path
    question: str
    law: str


def home() -> Path:
    """The folder that holds experiments/ and configs/: inside an installed wheel, or else the checkout."""
    package = Path(__file__).parent
    shipped = package / "shipped"
    return shipped if shipped.is_dir() else package.parent


def experiments() -> list[Experiment]:
    """Every experiment, in the order in which a learner meets them."""
    scripts = sorted((home() / "experiments").glob("*.py"))
    found = {script.stem: _read(script) for script in scripts}
    return [found.pop(name) for name in CURRICULUM if name in found] + list(found.values())


def experiment(name: str) -> Experiment:
    """The experiment of that name.

    Raises:
        InputError: there is none; the message names those that there are.
    """
    known = {e.name: e for e in experiments()}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise InputError(f"there is no experiment {name!r}; {hint}choose one of {', '.join(known)}")


def _read(script: Path) -> Experiment:
    try:
        lesson = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    except SyntaxError as error:  # the others can still be listed and run
        lesson = f"(This script cannot be read: {error.msg}, line {error.lineno}.)"
    paragraphs = [" ".join(p.split()) for p in lesson.split("\n\n")]
    law = next((p.removeprefix("Law:").strip() for p in paragraphs if p.startswith("Law:")), "")
    return Experiment(
        name=script.stem,
        script=script,
        config=home() / "configs" / f"{script.stem}.yaml",
        question=paragraphs[0],
        law=law,
    )
