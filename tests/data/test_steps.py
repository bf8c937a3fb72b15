import pytest

from zoo.data import Steps


@pytest.mark.parametrize("count", [1, 5])
def test_an_epoch_is_that_many_empty_batches(count):
    batches = list(Steps(count).train_dataloader())
    assert len(batches) == count
    assert all(batch.numel() == 0 for batch in batches)


def test_the_trainer_can_ask_how_long_an_epoch_is():
    assert len(Steps(7).train_dataloader()) == 7


def test_there_is_nothing_beyond_the_last_batch():
    dataset = Steps(3).train_dataloader().dataset
    for index in (3, -1):
        with pytest.raises(IndexError):
            dataset[index]


@pytest.mark.parametrize("count", [0, -1])
def test_no_steps_are_refused(count):
    with pytest.raises(ValueError, match=f"^count is {count}; it must be at least 1$"):
        Steps(count)
