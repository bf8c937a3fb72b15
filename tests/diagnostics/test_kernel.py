"""Every kind of tensor, each against the norm of the same numbers in float64."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from zoo.diagnostics.kernel import CLEAR, FAINT, PIECE, SHORT, SMALL, Norms

SIZES = [0, 1, SMALL, SMALL + 1, SHORT, SHORT + 1, PIECE, PIECE + 1, 3 * PIECE + 5]


def reference(tensor):
    values = tensor.to_dense().detach()
    values = torch.view_as_real(values) if values.is_complex() else values
    wide = values.double().numpy().ravel()
    largest = float(np.abs(wide).max(initial=0.0)) or 1.0
    return largest * float(np.linalg.norm(wide / largest))


def check(kernel, tensors):
    found = kernel(tensors)
    assert found.dtype is torch.float64
    # rel 1e-6 is what Norms promises; no absolute tolerance: 1e-40 is a norm like any other
    assert found.tolist() == pytest.approx([reference(t) for t in tensors], rel=1e-6, abs=0)


@pytest.mark.parametrize("scale", [1e-40, 1e-25, 1e-12, 1.0, 1e15, 1e25])
@pytest.mark.parametrize("count", [1, 5], ids=["single", "several of a shape"])
def test_norms_are_those_of_float64_at_every_size_and_scale(scale, count):
    tensors = [torch.randn(size) * scale for size in SIZES for _ in range(count)]
    kernel = Norms(tensors)
    for _ in range(3):  # the first time, again, and after it has found how to sum each
        check(kernel, tensors)


def test_norms_follow_from_one_scale_to_any_other():
    scales = [1.0, 0.0, 1e-30, 1.0, 1e-9, 1e-12, 1e30, 0.0, 1e-40, 0.0, 1e-9, CLEAR, FAINT, 1.0]
    shapes = [(8,), (8,), (8,), (8,), (SHORT + 3,), (40, 40), (0,)]
    kernel = Norms([torch.empty(shape) for shape in shapes])
    for step in range(len(scales)):
        check(
            kernel, [torch.randn(shape) * scales[(step + i) % len(scales)] for i, shape in enumerate(shapes)]
        )


def test_nan_and_infinity_are_their_own_norms_and_leave_the_others_alone():
    tensors = [torch.randn(9) for _ in range(6)]
    kernel = Norms(tensors)
    tensors[1][3], tensors[4][0] = math.nan, -math.inf
    for _ in range(2):
        found = kernel(tensors).tolist()
        assert math.isnan(found[1])
        assert found[4] == math.inf
        others = [0, 2, 3, 5]
        assert [found[i] for i in others] == pytest.approx([reference(tensors[i]) for i in others], rel=1e-6)
    check(kernel, [torch.randn(9) for _ in range(6)])


@pytest.mark.parametrize(
    "kind", [torch.float64, torch.bfloat16, torch.float16, torch.complex64, "sparse", "mixed"]
)
def test_norms_of_other_kinds_are_those_of_float64(kind):
    tensors = [torch.randn(7), torch.randn(3, 5)]
    if kind == "sparse":
        table = nn.Embedding(5, 2, sparse=True)
        (table(torch.tensor([1, 1, 3])) * torch.tensor([2.0, -1.0])).sum().backward()
        tensors[0] = table.weight.grad  # its row 1 is there twice
    elif kind == "mixed":
        tensors[0] = tensors[0].double()
    else:
        tensors = [t.to(kind) for t in tensors]
    check(Norms([t.to_dense() for t in tensors]), tensors)


@pytest.mark.parametrize("view", [lambda t: t.T, lambda t: t[::2], lambda t: t.expand(3, 600, 500)])
def test_norms_are_those_of_the_entries_whatever_their_order_in_memory(view):
    tensors = [view(torch.randn(600, 500)), view(torch.ones(600, 500))]
    check(Norms(tensors), tensors)


def test_nothing_has_no_norm():
    assert Norms([])([]).shape == (0,)
