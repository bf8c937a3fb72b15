"""Norms of tensors of which a process may hold a part only."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor, Partial, Replicate

from zoo.diagnostics.norms import norm


def exact_norms(tensors: Sequence[Tensor]) -> Tensor:
    """‖v‖₂ of each of P tensors as (P,), by ``norm()``, on the device of the first.

    A distributed tensor, as ``fully_shard`` makes them, has the same norm on every process. Its square is the
    sum of the squares of its parts' norms; so one number a tensor is exchanged, and all those that are
    distributed in the same way in one exchange. Every process has to call this for the same tensors.
    """
    found = {i: norm(t) for i, t in enumerate(tensors) if not isinstance(t, DTensor)}
    alike: dict[tuple[object, tuple[bool, ...]], list[tuple[int, DTensor]]] = {}
    for i, tensor in enumerate(tensors):
        if isinstance(tensor, DTensor):
            whole = _added_up(tensor)
            split = tuple(placement.is_shard() for placement in whole.placements)
            alike.setdefault((whole.device_mesh, split), []).append((i, whole))
    for (_, split), group in alike.items():
        squares = torch.stack([norm(whole.to_local()).square() for _, whole in group])
        placements = [Partial() if is_split else Replicate() for is_split in split]
        sums = DTensor.from_local(squares, group[0][1].device_mesh, placements).full_tensor()
        found |= zip((i for i, _ in group), sums.sqrt(), strict=True)
    device = tensors[0].device
    return torch.stack([found[i].to(device, non_blocking=True) for i in range(len(tensors))])


def _added_up(tensor: DTensor) -> DTensor:
    """The same tensor, without parts that have yet to be added."""
    placements = [Replicate() if p.is_partial() else p for p in tensor.placements]
    return tensor.redistribute(placements=placements)
