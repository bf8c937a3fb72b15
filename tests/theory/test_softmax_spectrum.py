import math

import pytest
import torch
from torch.nn import functional as F

from zoo.theory.softmax_spectrum import (
    LARGEST_EIGENVALUE,
    LONGEST_SLOPE,
    TRACE_PER_LOSS,
    floor_if_taken_twice,
    largest_eigenvalue_bound,
    trace,
)


def distributions():
    generator = torch.Generator().manual_seed(0)
    for classes in (2, 3, 10):
        scale = 10 ** torch.linspace(-1, 2, 100, dtype=torch.float64)[:, None]
        logits = scale * torch.randn(100, classes, generator=generator, dtype=torch.float64)
        yield from torch.softmax(logits, dim=1)


def test_the_trace_is_the_sum_of_the_eigenvalues_and_no_eigenvalue_passes_its_bounds():
    for p in distributions():
        eigenvalues = torch.linalg.eigvalsh(torch.diag(p) - torch.outer(p, p))
        assert trace(p.tolist()) == pytest.approx(float(eigenvalues.sum()), abs=1e-12)
        assert float(eigenvalues.max()) <= largest_eigenvalue_bound(float(p.max())) + 1e-12
        assert float(eigenvalues.max()) <= LARGEST_EIGENVALUE + 1e-12


def test_bounds_are_reached():
    assert largest_eigenvalue_bound(0.5) == LARGEST_EIGENVALUE
    assert torch.tensor([1.0, -1.0]).norm().item() == pytest.approx(LONGEST_SLOPE)  # certain and wrong


def test_the_trace_is_at_most_twice_the_loss_whichever_class_is_true():
    for p in distributions():
        assert (trace(p.tolist()) <= -TRACE_PER_LOSS * p.log() + 1e-12).all()


@pytest.mark.parametrize(("classes", "floor"), [(2, 0.31326169), (10, 1.46115017)])
def test_two_softmaxes_leave_a_floor(classes, floor):
    assert floor_if_taken_twice(classes) == pytest.approx(floor)
    certain = torch.eye(classes, dtype=torch.float64)
    assert F.cross_entropy(certain, torch.arange(classes)).item() == pytest.approx(floor)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: trace([0.5, 0.6]), "add up to 1"),
        (lambda: trace([1.5, -0.5]), "between 0 and 1"),
        (lambda: largest_eigenvalue_bound(1.1), "largest_p is 1.1"),
        (lambda: largest_eigenvalue_bound(math.nan), "largest_p is nan"),
        (lambda: floor_if_taken_twice(1), "classes is 1; it must be at least 2"),
    ],
)
def test_senseless_input_is_named(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()
