from itertools import pairwise

import pytest
import torch

from zoo.theory.jacobians import sum_of_ways

FIRST, SECOND = [[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]]


def test_an_entry_adds_up_the_ways_through_either_unit():
    assert sum_of_ways([FIRST, SECOND], 0, 0) == 5 * 1 + 6 * 3
    assert sum_of_ways([FIRST, SECOND], 0, 1) == 5 * 2 + 6 * 4
    assert sum_of_ways([FIRST], 1, 0) == 3


def test_of_numbers_it_is_their_product():
    assert sum_of_ways([[[2.0]], [[-3.0]], [[5.0]]], 0, 0) == -30


def test_every_entry_is_that_of_the_product_of_matrices():
    generator = torch.Generator().manual_seed(0)
    js = [torch.randn(o, i, generator=generator, dtype=torch.float64) for i, o in pairwise((4, 3, 5, 2))]
    ways = [[sum_of_ways([j.tolist() for j in js], o, i) for i in range(4)] for o in range(2)]
    torch.testing.assert_close(
        torch.tensor(ways, dtype=torch.float64), js[2] @ js[1] @ js[0], rtol=1e-13, atol=1e-13
    )


@pytest.mark.parametrize(
    ("jacobians", "complaint"),
    [([], "jacobians is empty"), ([SECOND, FIRST], r"Jacobian 2 has rows .* 1 numbers come in")],
)
def test_what_is_no_chain_is_named(jacobians, complaint):
    with pytest.raises(ValueError, match=complaint):
        sum_of_ways(jacobians, 0, 0)
