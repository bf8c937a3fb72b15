import pytest
import torch
from torch.testing import assert_close
from torch.utils.data import DataLoader, TensorDataset

from zoo.training import MeanEstimator

ROWS = torch.tensor([[1.0, 0.0], [3.0, 8.0], [5.0, -2.0], [11.0, 2.0]], dtype=torch.float64)  # means 5 and 2


def estimator(rate=0.5, **arguments):
    return MeanEstimator(2, lambda p: torch.optim.SGD(p, lr=rate), **arguments)


def batches(size):
    return DataLoader(TensorDataset(ROWS), batch_size=size)


def test_a_step_of_one_over_the_curvature_leads_to_the_means(trainer):
    model = estimator(rate=0.25, curvature=4.0, start=7.0)
    trainer().fit(model, batches(4))
    assert model.weight.tolist() == [5.0, 2.0]


def test_a_step_goes_against_the_gradient_of_its_batch_alone(trainer):
    model = estimator(rate=0.5, start=1.0)
    trainer(max_steps=1).fit(model, batches(2))
    assert model.weight.tolist() == [1.5, 2.5]  # half way to 2 and 4


def test_a_batch_has_the_same_gradient_as_the_mean_of_its_rows(trainer):
    model, mean = estimator(), estimator()
    trainer().fit(model, batches(4))
    trainer().fit(mean, DataLoader(TensorDataset(ROWS.mean(dim=0, keepdim=True)), batch_size=1))
    assert_close(model.weight, mean.weight, rtol=1e-15, atol=0)


def test_mean_variance_and_first_weight_are_recorded_before_every_step_and_after_the_last(trainer):
    model = estimator(rate=1.0)
    fitted = trainer(log_every_n_steps=1)
    fitted.fit(model, batches(2))  # from 0 to (2, 4), the first batch's means, and to (8, 0)
    assert model.means == [0.0, 3.0, 4.0]
    assert model.variances == [0.0, 1.0, 16.0]
    assert model.first == [0.0, 2.0, 8.0]
    assert fitted.callback_metrics["weights/mean"] == 3.0
    assert fitted.callback_metrics["weights/std"] == 1.0


def test_batches_that_are_added_up_make_one_record(trainer):
    model = estimator(rate=1.0)
    trainer(accumulate_grad_batches=2).fit(model, batches(2))
    assert model.weight.tolist() == [5.0, 2.0]
    assert model.first == [0.0, 5.0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"columns": 0}, "columns is 0; it must be at least 1"),
        ({"curvature": 0.0}, "curvature is 0.0; it must be positive"),
    ],
)
def test_senseless_arguments_are_refused(arguments, complaint):
    with pytest.raises(ValueError, match=f"^{complaint}$"):
        MeanEstimator(**{"columns": 2, "optimizer": torch.optim.SGD} | arguments)
