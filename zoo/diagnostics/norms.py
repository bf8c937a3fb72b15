"""Norms as numbers that neither underflow nor overflow."""

from collections.abc import Sequence

import torch
from torch import Tensor

DEVICES_WITHOUT_FLOAT64 = frozenset({"mps"})


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
