import math
from functools import reduce
from itertools import pairwise
from operator import add

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from zoo.errors import InputError
from zoo.theory.flops import (
    backward_flops,
    chain_flops,
    forward_flops,
    longest_sum,
    parameter_count,
)
from zoo.theory.rounding import UNIT

SIZES = [(5, 7), (3, 11, 2), (4, 9, 6, 5), (100, 200, 200, 10)]


def network(sizes):
    layers = [nn.Linear(fan_in, fan_out) for fan_in, fan_out in pairwise(sizes)]
    return nn.Sequential(*(module for layer in layers for module in (layer, nn.Tanh())))


def product(a, b):
    """The shape of the product of two matrices of these shapes, and its FLOPs, term by term."""
    assert a[1] == b[0]
    return (a[0], b[1]), sum(2 for _ in range(a[0]) for _ in range(b[1]) for _ in range(a[1]))


@pytest.mark.parametrize(
    ("sizes", "batch", "forward", "backward"),
    [
        ((100, 200, 200, 10), 32, 3_968_000, 6_656_000),
        ((784, 256, 256, 256, 10), 64, 42_795_008, 59_899_904),
    ],
)
def test_two_networks_have_their_known_counts(sizes, batch, forward, backward):  # B03
    assert forward_flops(sizes, batch) == forward
    assert backward_flops(sizes, batch) == backward
    assert backward_flops(sizes, batch, to_input=True) == 2 * forward


@pytest.mark.parametrize("sizes", SIZES)
def test_pytorch_counts_the_same(sizes):
    net, x = network(sizes), torch.randn(6, sizes[0])
    for to_input in (False, True):
        x.requires_grad_(to_input)
        with FlopCounterMode(display=False) as forward:
            loss = net(x).sum()
        with FlopCounterMode(display=False) as backward:
            loss.backward()
        assert forward.get_total_flops() == forward_flops(sizes, 6)
        assert backward.get_total_flops() == backward_flops(sizes, 6, to_input)


@pytest.mark.parametrize("sizes", SIZES)
def test_the_parameters_are_those_of_linear_layers(sizes):
    assert parameter_count(sizes) == sum(p.numel() for p in network(sizes).parameters())


@pytest.mark.parametrize("sizes", SIZES[:3])
def test_a_chain_costs_what_its_products_cost_term_by_term(sizes):
    factors = [(1, sizes[-1]), *((sizes[i], sizes[i - 1]) for i in range(len(sizes) - 1, 0, -1))]
    for from_input in (False, True):
        left, total = list(factors), 0
        while len(left) > 1:
            at = -2 if from_input else 0
            shape, cost = product(left[at], left[at + 1])
            left[at : at + 2 or None] = [shape]
            total += cost
        assert left == [(1, sizes[0])]
        assert chain_flops(sizes, from_input) == total


def test_a_chain_from_the_loss_costs_a_forward_pass_of_one_sample():
    assert all(chain_flops(sizes) == forward_flops(sizes, 1) for sizes in SIZES)


def test_the_direction_does_not_matter_where_there_is_one_input():
    assert chain_flops((1, 8, 5)) == 2 * (5 * 8 + 8)
    assert chain_flops((1, 8, 5), from_input=True) == 2 * (5 * 8 + 5)


def test_the_longest_sum_is_counted_layer_by_layer():
    assert longest_sum((2, 3, 5), 4) == (2 + 1) + (3 + 1) + 5 + 3 + 4


def test_sums_in_another_order_differ_by_less_than_their_bound_and_by_more_than_nothing():
    a, b = torch.randn(2, 64, 900, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    terms = (a * b).tolist()
    there = [reduce(add, order) for order in terms]  # Python's own sum corrects its roundings from 3.12 on
    back = [reduce(add, reversed(order)) for order in terms]
    off, length = math.dist(there, back), math.hypot(*there)
    assert 0 < off < 2 * 900 * UNIT * length
    assert off < 4 * 900**0.5 * UNIT * length  # signs are mixed


@pytest.mark.parametrize("function", [parameter_count, chain_flops, lambda s: forward_flops(s, 1)])
@pytest.mark.parametrize("sizes", [(), (3,), (3, 0), (-1, 2)])
def test_sizes_of_no_network_are_refused(function, sizes):
    with pytest.raises(InputError, match=r"sizes is .*; it must be"):
        function(sizes)


@pytest.mark.parametrize("function", [forward_flops, backward_flops, longest_sum])
def test_an_empty_batch_is_refused(function):
    with pytest.raises(InputError, match="batch is 0; it must be at least 1"):
        function((2, 3), 0)
