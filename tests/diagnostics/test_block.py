import pytest
import torch

from zoo.diagnostics.block import Block


def test_rows_come_back_once_in_their_order_and_exactly():
    block = Block(3)
    rows = [torch.tensor([x, 1 / 3], dtype=torch.float64) for x in (1.0, float("nan"), -2.0)]
    for row in rows:
        block.add(row)
    assert torch.equal(torch.from_numpy(block.drain()).nan_to_num(7), torch.stack(rows).nan_to_num(7))
    assert block.drain().shape == (0, 2)


def test_what_was_read_is_not_written_over_by_later_rows():
    block = Block(2)
    block.add(torch.tensor([1.0]))
    first = block.drain()
    block.add(torch.tensor([2.0]))
    assert (first.tolist(), block.drain().tolist()) == ([[1.0]], [[2.0]])


def test_rows_may_change_their_width_and_type_once_the_block_is_empty():
    block = Block(2)
    block.add(torch.tensor([1.0]))
    block.drain()
    block.add(torch.tensor([0.1, 0.2], dtype=torch.float64))
    assert block.drain().tolist() == [[0.1, 0.2]]


def test_a_full_block_takes_no_more():
    block = Block(1)
    block.add(torch.tensor([1.0]))
    with pytest.raises(IndexError):
        block.add(torch.tensor([2.0]))
