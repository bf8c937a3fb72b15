"""Norms of gradients, as numbers that neither underflow nor overflow. Nothing here needs Lightning.

A layer is a module that owns parameters itself, not through a child. It has its name in ``named_modules()``;
the root, which has none there, goes by the name of its class.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

import torch
from torch import Tensor, nn

DEVICES_WITHOUT_FLOAT64 = frozenset({"mps"})


def layer_gradient_norms(module: nn.Module) -> dict[str, float]:
    """‖∂L/∂θ‖₂ of every layer, over the parameters that are its own, from the gradients that are in place.

    Parameters that two layers share count once, with the first. Frozen parameters, and those without a
    gradient, do not count; a layer that has no others is left out.

    Args:
        module: any module, after ``backward()``.

    Returns:
        Layer name → norm, in the order of ``named_modules()``.
    """
    return to_numbers(gradient_norms(module))[0]


def total_norm(norms: Mapping[str, float]) -> float:
    """‖∂L/∂θ‖₂ = √(Σ_l n_l²) over all layers: their gradients read as one vector."""
    return math.hypot(*norms.values())


def layers(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Every layer with its name."""
    for name, layer in module.named_modules():
        if next(layer.parameters(recurse=False), None) is not None:
            yield name or type(module).__name__, layer


def gradient_norms(
    module: nn.Module, among: Collection[nn.Parameter] | None = None
) -> dict[str, list[Tensor]]:
    """Layer name → the norm of each of its parameters' gradients, still on the device.

    Args:
        module: any module, after ``backward()``.
        among: only these parameters count; all, if it is left out.
    """
    found: dict[str, list[Tensor]] = {}
    seen: set[nn.Parameter] = set()
    for name, layer in layers(module):
        own = [p for p in layer.parameters(recurse=False) if p not in seen]
        seen.update(own)
        counted = [p for p in own if p.requires_grad and (among is None or p in among)]
        norms = [norm(p.grad) for p in counted if p.grad is not None]
        if norms:
            found[name] = norms
    return found


def norm(tensor: Tensor) -> Tensor:
    """‖v‖₂ as a float64 scalar on v's device; v may be sparse, complex or empty.

    In v's own precision the squares leave its range long before the norm does: float32 makes exactly 0 of
    entries below 1e-23, and infinity of entries above 1e19. So they are summed in float64. For v in float64
    itself, ‖v‖₂ = m ‖v/m‖₂ with its largest entry m; on a device without float64 the same in float32.
    """
    values = real_values(tensor)
    if values.device.type in DEVICES_WITHOUT_FLOAT64:
        values = values.float()
    elif values.dtype is not torch.float64:
        wide: Tensor = torch.linalg.vector_norm(values, dtype=torch.float64)
        return wide
    if values.numel() == 0:
        return values.new_zeros(())
    largest = values.abs().amax()
    scale = torch.where((largest > 0) & largest.isfinite(), largest, torch.ones_like(largest))
    scaled: Tensor = torch.linalg.vector_norm(values / scale)
    return scale * scaled


def joint_norm(norms: Sequence[Tensor]) -> Tensor:
    """√(Σ nᵢ²), on the device of the first: the norm of tensors read as one vector, from their own norms."""
    return norm(torch.stack([n.to(norms[0].device) for n in norms]))


def real_values(tensor: Tensor) -> Tensor:
    """The entries that v stores: of a sparse v each place once, of a complex one real and imaginary parts."""
    values = tensor.detach()
    if values.is_sparse:
        values = values.coalesce().values()
    return torch.view_as_real(values.resolve_conj()) if values.is_complex() else values


def to_numbers(*groups: Mapping[str, Sequence[Tensor]]) -> list[dict[str, float]]:
    """Name → √(Σ nᵢ²) over the norms under that name, for each group, in one transfer from the device.

    A name without any norm is left out: that is not a norm of 0.
    """
    norms = [n for group in groups for own in group.values() for n in own]
    if not norms:
        return [{} for _ in groups]
    numbers = iter(torch.stack([n.to(norms[0].device) for n in norms]).tolist())
    return [
        {name: math.hypot(*islice(numbers, len(own))) for name, own in group.items() if own}
        for group in groups
    ]
