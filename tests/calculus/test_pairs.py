"""Every f with its f_vjp, found by walking the chapters, before two other opinions on the derivative."""

import importlib
import inspect
import itertools
import pkgutil
from typing import get_args

import pytest
import torch
from torch.testing import assert_close

import zoo.calculus
from zoo.calculus.activations import ActivationName

CHAPTERS = [
    importlib.import_module(f"zoo.calculus.{module.name}")
    for module in pkgutil.iter_modules(zoo.calculus.__path__)
]


def functions(chapter):
    """Name → function, in their order on the page, without what the chapter imports."""
    members = vars(chapter).items()
    return {name: f for name, f in members if inspect.isfunction(f) and f.__module__ == chapter.__name__}


def pairs(chapter):
    """Each f that has an f_vjp in the chapter, with it."""
    defined = functions(chapter)
    return [(f, defined[f"{name}_vjp"]) for name, f in defined.items() if f"{name}_vjp" in defined]


PAIRS = [pytest.param(f, f_vjp, id=f.__name__) for chapter in CHAPTERS for f, f_vjp in pairs(chapter)]


def normal(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def away_from_kinks():
    return (torch.linspace(-3, 3, 12, dtype=torch.float64).reshape(4, 3).requires_grad_(),)


def positive(*shape):
    return torch.empty(*shape, dtype=torch.float64).uniform_(0.5, 2).requires_grad_()


def probabilities(*shape):
    return torch.empty(*shape, dtype=torch.float64).uniform_(0.1, 0.9)


# A target does not require a gradient: there, and only there, the VJP must return None.
INPUTS = dict.fromkeys(get_args(ActivationName), away_from_kinks) | {
    "power": lambda: (positive(4, 3), torch.tensor(2.5, dtype=torch.float64)),
    "exp": lambda: (normal(4, 3),),
    "ln": lambda: (positive(4, 3),),
    "scale": lambda: (normal(4, 3), torch.tensor(-1.7, dtype=torch.float64)),
    "add": lambda: (normal(4, 3), normal(4, 3)),
    "multiply": lambda: (normal(4, 3), normal(4, 3)),
    "softmax": lambda: (normal(4, 3),),
    "log_softmax": lambda: (normal(4, 3),),
    "linear": lambda: (normal(5, 3), normal(2, 3), normal(2)),
    "mse": lambda: (normal(4, 3), normal(4, 3).detach()),
    "binary_cross_entropy": lambda: (probabilities(4, 3).requires_grad_(), probabilities(4, 3)),
    "binary_cross_entropy_with_logits": lambda: (normal(4, 3), probabilities(4, 3)),
    "cross_entropy": lambda: (normal(4, 3), torch.tensor([0, 2, 1, 2])),
    "quadratic": lambda: (normal(4, 3), normal(3)),
    "polynomial": lambda: (normal(4, 1), normal(5)),
    "logistic": lambda: (normal(4, 1),),
}


def check_vjp(f, f_vjp, inputs, rtol=1e-12, atol=1e-12):
    """Raise AssertionError unless f_vjp is what autograd makes of f: within a few thousand roundings."""
    y = f(*inputs)
    g = torch.randn_like(y)
    by_hand = f_vjp(g, *inputs)
    assert [grad is not None for grad in by_hand] == [x.requires_grad for x in inputs]
    by_autograd = torch.autograd.grad(y, [x for x in inputs if x.requires_grad], g)
    assert_close(tuple(grad for grad in by_hand if grad is not None), by_autograd, rtol=rtol, atol=atol)


@pytest.mark.parametrize(("f", "f_vjp"), PAIRS)
def test_hand_is_autograd(f, f_vjp):
    check_vjp(f, f_vjp, INPUTS[f.__name__]())


@pytest.mark.parametrize(("f", "f_vjp"), PAIRS)
def test_check_catches_an_error_of_one_in_a_million(f, f_vjp):
    inputs = INPUTS[f.__name__]()
    for wrong in (i for i, x in enumerate(inputs) if x.requires_grad):  # in one gradient at a time

        def nearly(g, *inputs, wrong=wrong):
            grads = f_vjp(g, *inputs)
            return (*grads[:wrong], grads[wrong] * (1 + 1e-6), *grads[wrong + 1 :])

        with pytest.raises(AssertionError, match="not close"):
            check_vjp(f, nearly, inputs)


@pytest.mark.parametrize(("f", "f_vjp"), PAIRS)
def test_autograd_is_central_differences(f, f_vjp):
    # A step of 1e-6 leaves u |f| / h ≈ 1e-10 of rounding and far less of curvature (h² = 1e-12).
    assert torch.autograd.gradcheck(f, INPUTS[f.__name__](), eps=1e-6, atol=1e-8, rtol=1e-8)


@pytest.mark.parametrize(("f", "f_vjp"), PAIRS)
def test_autograd_differentiates_twice(f, f_vjp):
    assert torch.autograd.gradgradcheck(f, INPUTS[f.__name__](), eps=1e-6, atol=1e-8, rtol=1e-8)


@pytest.mark.parametrize(("f", "f_vjp"), PAIRS)
def test_float32_stays_float32(f, f_vjp):
    inputs = (x.float() if x.is_floating_point() else x for x in INPUTS[f.__name__]())
    leaves = tuple(x.detach().requires_grad_(x.requires_grad) for x in inputs)
    check_vjp(f, f_vjp, leaves, rtol=1e-5, atol=1e-6)  # a hundred roundings; dtypes are compared


@pytest.mark.parametrize(("f", "f_vjp"), PAIRS)
def test_vjp_is_linear_in_the_upstream_gradient(f, f_vjp):
    inputs = INPUTS[f.__name__]()
    g = torch.randn_like(f(*inputs))
    for once, twice in zip(f_vjp(g, *inputs), f_vjp(2 * g, *inputs), strict=True):
        assert once is twice is None or torch.equal(2 * once, twice)  # a factor of 2 rounds nothing


@pytest.mark.parametrize(("f", "f_vjp"), PAIRS)
def test_vjp_takes_g_and_then_the_inputs(f, f_vjp):
    assert list(inspect.signature(f_vjp).parameters) == ["g", *inspect.signature(f).parameters]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__.rpartition(".")[2])
def test_every_derivative_stands_directly_under_its_function(chapter):
    names = list(functions(chapter))
    derivatives = [name for name in names if name.endswith("_vjp")]
    assert derivatives
    assert derivatives == [f"{above}_vjp" for above, name in itertools.pairwise(names) if name in derivatives]


def test_every_pair_has_its_inputs():
    assert set(INPUTS) == {pair.id for pair in PAIRS}


def test_the_table_of_contents_names_every_chapter():
    assert all(f"``{chapter.__name__.rpartition('.')[2]}``" in zoo.calculus.__doc__ for chapter in CHAPTERS)
