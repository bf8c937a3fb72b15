import pytest
import torch
from sklearn.datasets import load_diabetes, load_digits
from torch.testing import assert_close

from zoo.data import Diabetes, Digits


def pixels(digits):
    """The rows of both sides of the split as whole numbers again: pixels reach from 0 to 16."""
    x = torch.cat([digits.x, digits.x_validation])
    return ((x - x.min()) / (x.max() - x.min()) * 16).round().long()


def ordered(rows):
    return sorted(map(tuple, rows.tolist()))


def test_diabetes_are_ten_measurements_and_one_target_of_442_patients():
    data = Diabetes()
    assert (data.x.shape, data.y.shape) == ((442, 10), (442, 1))
    assert data.x.dtype == data.y.dtype == torch.float32


def test_standardized_columns_have_mean_0_and_population_variance_1():
    data = Diabetes()
    table = torch.cat([data.x, data.y], dim=1).double()
    # Means and squares of 442 numbers around 1, each rounded to 6e-8.
    assert_close(table.mean(dim=0), torch.zeros(11, dtype=torch.float64), rtol=0, atol=1e-6)
    assert_close((table**2).mean(dim=0), torch.ones(11, dtype=torch.float64), rtol=0, atol=1e-6)


def test_raw_features_keep_their_units_and_the_target_is_standardized_all_the_same():
    raw, patients = Diabetes(standardize=False), load_diabetes(scaled=False)
    assert_close(raw.x, torch.tensor(patients.data).float(), rtol=0, atol=0)
    assert set(raw.x[:, 1].tolist()) == {1.0, 2.0}  # sex
    assert torch.equal(raw.y, Diabetes().y)


def test_standardization_moves_and_scales_and_does_nothing_else():
    raw = Diabetes(standardize=False).x.double()
    for column, standardized in zip(raw.T, Diabetes().x.double().T, strict=True):
        assert torch.corrcoef(torch.stack([column, standardized]))[0, 1] == pytest.approx(1, abs=1e-12)


def test_one_batch_holds_every_patient_in_order():
    data = Diabetes()
    ((x, y),) = data.train_dataloader()
    assert torch.equal(x, data.x)
    assert torch.equal(y, data.y)


def test_fewer_patients_are_the_first_and_standardized_among_themselves():
    some = Diabetes(samples=50)
    assert (some.x.shape, some.y.shape) == ((50, 10), (50, 1))
    assert float(some.x[:, 0].double().std(correction=0)) == pytest.approx(1, abs=1e-6)  # float32
    assert torch.equal(Diabetes(standardize=False, samples=50).x, Diabetes(standardize=False).x[:50])


@pytest.mark.parametrize("samples", [10, 0, -1, 443])
def test_too_few_or_too_many_patients_are_refused(samples):
    with pytest.raises(ValueError, match=f"^samples is {samples}; choose 11 to 442, or null for all$"):
        Diabetes(samples=samples)


@pytest.mark.parametrize("samples", [11, 442])
def test_the_least_and_the_most_patients_are_accepted(samples):
    assert len(Diabetes(samples=samples).x) == samples


def test_digits_are_64_pixels_and_a_class_of_1797_images():
    data = Digits()
    assert (data.x.shape, data.y.shape) == ((1437, 64), (1437,))
    assert (data.x_validation.shape, data.y_validation.shape) == ((360, 64), (360,))
    assert data.x.dtype == torch.float32
    assert data.y.dtype == torch.int64


def test_digits_are_standardized_by_the_common_mean_and_deviation_of_the_training_images():
    data = Digits()
    assert float(data.x.double().mean()) == pytest.approx(0, abs=1e-6)  # float32
    assert float(data.x.double().std()) == pytest.approx(1, abs=1e-6)
    assert float(data.x_validation.mean()) != pytest.approx(0, abs=1e-6)
    assert data.x[:, 0].unique().numel() == 1  # a corner that is always white stays one colour
    assert data.x.min() == data.x_validation.min() == data.x[0, 0]


def test_the_split_keeps_every_image_once_and_with_its_class():
    images, classes = load_digits(return_X_y=True)
    expected = ordered(torch.cat([torch.tensor(images).long(), torch.tensor(classes)[:, None]], dim=1))
    for data in (Digits(), Digits(split_seed=1, validation_samples=1000)):
        labels = torch.cat([data.y, data.y_validation])
        assert ordered(torch.cat([pixels(data), labels[:, None]], dim=1)) == expected


def test_the_split_does_not_depend_on_the_seed_of_the_run_nor_change_it():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    first = Digits()
    assert torch.equal(torch.rand(1), expected)
    torch.manual_seed(1)
    assert torch.equal(Digits().x, first.x)


def test_another_split_seed_is_another_split():
    assert ordered(Digits(split_seed=1).y_validation[:, None]) != ordered(Digits().y_validation[:, None])


def test_a_training_epoch_shuffles_and_leaves_out_the_shorter_last_batch():
    data = Digits(batch_size=64)
    torch.manual_seed(0)
    epochs = [[y for _, y in data.train_dataloader()] for _ in range(2)]
    assert [len(y) for y in epochs[0]] == [64] * (1437 // 64)
    assert not torch.equal(torch.cat(epochs[0]), torch.cat(epochs[1]))


def test_a_batch_larger_than_the_data_is_all_of_them():
    ((x, _),) = Digits(batch_size=5000).train_dataloader()
    assert len(x) == 1437


def test_validation_is_one_batch_in_order():
    data = Digits()
    ((x, y),) = data.val_dataloader()
    assert torch.equal(x, data.x_validation)
    assert torch.equal(y, data.y_validation)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"batch_size": 0}, "^batch_size is 0; it must be at least 1$"),
        ({"batch_size": -64}, "^batch_size is -64; it must be at least 1$"),
        ({"validation_samples": 0}, "^validation_samples is 0; choose 1 to 1796$"),
        ({"validation_samples": -1}, "^validation_samples is -1; choose 1 to 1796$"),
        ({"validation_samples": 1797}, "^validation_samples is 1797; choose 1 to 1796$"),
    ],
)
def test_an_empty_side_or_batch_is_refused(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        Digits(**arguments)
