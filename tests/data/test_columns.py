import pytest
import torch
from torch.testing import assert_close

from zoo.data import Columns


def rows_of(data, passes=1):
    """Which rows each batch of some passes holds, every row being known by its first entry."""
    known = {value: row for row, value in enumerate(data.x[:, 0].tolist())}
    loader = data.train_dataloader()
    return [[[known[v] for v in batch[:, 0].tolist()] for (batch,) in loader] for _ in range(passes)]


def test_columns_have_mean_0_and_population_variance_1():
    x = Columns(rows=16, columns=50).x
    assert x.shape == (16, 50)
    assert x.dtype == torch.float64
    # 16 roundings of 1e-16 of numbers around 1
    assert_close(x.mean(dim=0), torch.zeros(50, dtype=torch.float64), rtol=0, atol=1e-14)
    assert_close((x**2).mean(dim=0), torch.ones(50, dtype=torch.float64), rtol=0, atol=1e-14)


def test_columns_are_independent_and_other_ones_at_another_seed():
    torch.manual_seed(0)
    x, other = Columns(rows=400, columns=20).x, Columns(rows=400, columns=20).x
    for correlations in (torch.corrcoef(x.T).fill_diagonal_(0), x.T @ other / 400):
        assert float(correlations.abs().max()) < 5 / 400**0.5  # of 400 samples, five standard errors


def test_a_shuffled_pass_has_every_row_once_in_an_order_of_its_own():
    torch.manual_seed(0)
    first, second = (
        torch.tensor(rows_of(Columns(rows=12, columns=2, batch_size=4), passes=2)).flatten(1).tolist()
    )
    assert sorted(first) == sorted(second) == list(range(12))
    assert first != second
    assert first != list(range(12))


def test_with_replacement_a_pass_has_as_many_draws_and_rows_come_again():
    torch.manual_seed(0)
    passes = rows_of(Columns(rows=8, columns=2, batch_size=4, order="replacement"), passes=200)
    drawn = torch.tensor(passes)
    assert drawn.shape == (200, 2, 4)
    counts = drawn.flatten().bincount(minlength=8).double()
    assert float((counts - 200).abs().max()) < 5 * (1600 * 1 / 8 * 7 / 8) ** 0.5  # five standard errors
    assert any(len(set(batch)) < 4 for one in passes for batch in one)


def test_a_fixed_order_is_the_order_of_the_table():
    assert rows_of(Columns(rows=5, columns=2, batch_size=2, order="fixed"), passes=2) == 2 * [
        [[0, 1], [2, 3], [4]]
    ]


@pytest.mark.parametrize("order", ["shuffled", "replacement", "fixed"])
@pytest.mark.parametrize(("rows", "batch_size", "sizes"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 9, [3])])
def test_sizes_are_those_of_the_batches(order, rows, batch_size, sizes):
    data = Columns(rows, 2, batch_size, order)
    assert data.sizes == sizes
    assert [len(batch) for batch in rows_of(data)[0]] == sizes


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"rows": 1}, "rows is 1; it must be at least 2"),
        ({"columns": 0}, "columns is 0; it must be at least 1"),
        ({"batch_size": 0}, "batch_size is 0; it must be at least 1"),
        ({"order": "random"}, "order is 'random'; choose one of shuffled, replacement, fixed"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(arguments, complaint):
    with pytest.raises(ValueError, match=f"^{complaint}$"):
        Columns(**arguments)
