"""Norms of many tensors at once, at about the cost of reading them."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zoo.diagnostics.norms import norm
from zoo.diagnostics.sharded import exact_norms

Tensors = list[Tensor] | tuple[Tensor, ...]
Way = Callable[[Tensors], NDArray[np.float64]]

NARROW = frozenset({torch.float32, torch.bfloat16, torch.float16})
# A square below 2^-126 is lost in float32. If all of n entries are, their norm is at most 2^-63 √n: so to a
# norm above FAINT, what is lost adds at most 1e-6 of it, for every n up to 10^10.
FAINT = 1e-11
# Brings faint tensors into the range, exactly: even the least number of float32, 2^-149, has a square then,
# and norms up to CLEAR have one too. CLEAR is larger than FAINT: no tensor changes sides in every step.
LIFT, CLEAR = 2.0**90, 1e-8
LARGEST = np.finfo(np.float64).max
# As many squares as float32 sums to 1e-6 of their sum, by norm and by dot, which keeps more partial sums.
SHORT, PIECE = 2**14, 2**18
# Tensors of one shape are copied side by side for one call, if they are so small that calls cost the most, or
# if they have to be multiplied anyway.
SMALL, FEW = 2**10, 4


class Norms:
    """‖v‖₂ of P tensors, again and again: of the gradients of the same parameters, in every step.

    A CPU sums squares in float64 at a fifth of the speed, or less. So float32 does it, in pieces, and what
    was too small for that last time is multiplied by a power of two first: a CPU is also slow where numbers
    leave the range of float32. What is outside the range and was not last time is summed again.

    Args:
        like: tensors of the same shapes, types and devices, as the parameters are for their gradients.
    """

    def __init__(self, like: Sequence[Tensor]) -> None:
        self._shapes = [t.shape for t in like]
        types, devices = {t.dtype for t in like}, {t.device for t in like}
        kinds = {device.type for device in devices}
        plain = all(type(t) in (Tensor, nn.Parameter) for t in like)
        self._on_cpu = plain and types == {torch.float32} and kinds == {"cpu"}
        self._on_one_gpu = len(types) == len(devices) == 1 and types < NARROW and kinds == {"cuda"}
        if self._on_cpu:
            self._plan(np.ones(len(like)))

    def __call__(self, tensors: Tensors) -> Tensor:
        """The norms as (P,), on the device of the first tensor, without waiting for it.

        Tensors may be sparse, complex, empty or distributed over processes. In float64, and right to 1e-6
        for those that are not in float64 themselves. On a device without float64, in float32.
        """
        if not tensors:
            return torch.empty(0, dtype=torch.float64)
        if set(map(type, tensors)) == {Tensor} and not any(t.is_sparse for t in tensors):
            if self._on_cpu:
                return torch.from_numpy(self._dense_on_cpu([t.detach() for t in tensors]))
            if self._on_one_gpu:
                return torch.stack(torch._foreach_norm(tensors, 2, torch.float64))
        return exact_norms(tensors)

    def _dense_on_cpu(self, tensors: Tensors) -> NDArray[np.float64]:
        found = np.empty(len(tensors))
        for way, indices in self._ways:
            found[indices] = way([tensors[i] for i in indices])
        wrong = ~((found >= self._least) & (found <= self._most))
        if wrong.any():
            for i in wrong.nonzero()[0].tolist():
                found[i] = norm(tensors[i])
            self._plan(np.where(wrong, found, self._last))
        return found

    def _plan(self, last: NDArray[np.float64]) -> None:
        """Decide how each tensor is summed, by its norm last time, and between which norms that is right."""
        self._last, faint = last, last < FAINT
        self._least = np.where(faint, 0, FAINT)
        self._most = np.where(faint, CLEAR, LARGEST)
        alike: dict[tuple[torch.Size, bool], list[int]] = {}
        for i, shape in enumerate(self._shapes):
            alike.setdefault((shape, bool(faint[i])), []).append(i)
        side_by_side: list[tuple[Way, list[int]]] = []
        single: dict[tuple[Callable[..., NDArray[np.float64]], float | None], list[int]] = {}
        for (shape, is_faint), indices in alike.items():
            lift, size = LIFT if is_faint else None, shape.numel()
            if 0 < size <= (SHORT if is_faint else SMALL) and len(indices) >= FEW:
                rows = torch.empty(len(indices), *shape)
                side_by_side.append((partial(_side_by_side, rows, lift), indices))
            else:
                single.setdefault((_one_by_one if size <= SHORT else _in_pieces, lift), []).extend(indices)
        self._ways = side_by_side + [(partial(way, lift), indices) for (way, lift), indices in single.items()]


def _one_by_one(lift: float | None, tensors: Tensors) -> NDArray[np.float64]:
    lifted = torch._foreach_mul(tensors, lift) if lift else tensors
    return torch.stack(torch._foreach_norm(lifted)).double().numpy() / (lift or 1)


def _side_by_side(rows: Tensor, lift: float | None, tensors: Tensors) -> NDArray[np.float64]:
    torch.stack(tensors, out=rows)
    if lift:
        rows *= lift
    norms: NDArray[np.float64] = torch.linalg.vector_norm(rows.view(len(rows), -1), dim=1).double().numpy()
    return norms / (lift or 1)


def _in_pieces(lift: float | None, tensors: Tensors) -> NDArray[np.float64]:
    squares: list[Tensor] = []
    starts = []
    for tensor in tensors:
        starts.append(len(squares))
        for part in torch.split(tensor.reshape(-1), PIECE):
            piece = part * lift if lift else part
            squares.append(torch.dot(piece, piece))
    norms: NDArray[np.float64] = np.sqrt(np.add.reduceat(torch.stack(squares).double().numpy(), starts))
    return norms / (lift or 1)
