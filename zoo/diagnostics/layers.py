"""What counts as a layer: a module that owns parameters, or a group of parameters by their names."""

import re
from collections.abc import Iterator

from torch import nn


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
