"""What counts as a layer, and how large its gradient is. Nothing here needs Lightning.

A layer is a module that owns parameters, or a group of parameters by their names.
"""

import math
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from torch import nn

from zoo.diagnostics.sharded import exact_norms


def layers(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Every module that owns parameters itself, not through a child, with its name in ``named_modules()``.

    The root, which has none there, goes by the name of its class.
    """
    for name, layer in module.named_modules():
        if next(layer.parameters(recurse=False), None) is not None:
            yield name or type(module).__name__, layer


def parameter_groups(module: nn.Module, group_by: str | int = "layer") -> dict[str, list[nn.Parameter]]:
    """The parameters of a module by group, each in the first group that has it.

    Args:
        module: any module.
        group_by: "layer": each module that owns parameters is a group, as in ``layers()``. "parameter": each
            parameter is one. An integer: the first so many parts of the parameter's name, at its dots, name
            its group. Any other text: a regular expression; a parameter's group is what its first
            parentheses match in the parameter's name, or all that the expression matches, where it has no
            parentheses. Parameters without a match are left out.

    Raises:
        ValueError: the number is below 1, or the text is no regular expression.
    """
    check_grouping(group_by)
    groups: dict[str, list[nn.Parameter]] = {}
    for name, parameter in module.named_parameters():
        group = _group(name, group_by, type(module).__name__)
        if group is not None:
            groups.setdefault(group, []).append(parameter)
    return groups


def layer_gradient_norms(module: nn.Module, group_by: str | int = "layer") -> dict[str, float]:
    """‖∂L/∂θ‖₂ of every layer, over the parameters that are its own, from the gradients that are in place.

    Parameters that two layers share count once, with the first. Frozen parameters, and those without a
    gradient, do not count; a layer that has no others is left out. Of gradients that ``fully_shard`` has
    distributed, the norms are those of the whole; then every process has to call this.

    Args:
        module: any module, after ``backward()``.
        group_by: how parameters make a layer; ``parameter_groups()`` has the choices.

    Returns:
        Layer name → norm, in the order of the parameters.
    """
    groups = {
        name: [p.grad for p in parameters if p.requires_grad and p.grad is not None]
        for name, parameters in parameter_groups(module, group_by).items()
    }
    gradients = [g for own in groups.values() for g in own]
    numbers = iter(exact_norms(gradients).tolist() if gradients else [])
    return {name: math.hypot(*islice(numbers, len(own))) for name, own in groups.items() if own}


def total_norm(norms: Mapping[str, float]) -> float:
    """‖∂L/∂θ‖₂ = √(Σ_l n_l²) over all layers: their gradients read as one vector."""
    return math.hypot(*norms.values())


def check_grouping(group_by: str | int) -> None:
    """Raise ValueError, in one sentence, where ``parameter_groups()`` could not group by this."""
    if isinstance(group_by, int):
        if group_by < 1:
            raise ValueError(f"group_by is {group_by}; of a name's parts, take at least 1")
        return
    try:
        re.compile(group_by)
    except re.error as error:
        raise ValueError(
            f"group_by is {group_by!r}; it must be 'layer', 'parameter', a number of name parts or a regular "
            f"expression, and as an expression it fails: {error}"
        ) from None


def _group(name: str, group_by: str | int, root: str) -> str | None:
    parts = name.split(".")
    if group_by == "layer":
        return ".".join(parts[:-1]) or root
    if group_by == "parameter":
        return name
    if isinstance(group_by, int):
        return ".".join(parts[:group_by])
    match = re.search(group_by, name)
    return match and match[min(1, match.re.groups)]
