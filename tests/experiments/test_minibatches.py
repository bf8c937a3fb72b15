import math

import pytest

SETTINGS = [
    "",
    "--seed_everything 1 --only twos,fours,eights --samples 13",
    "--seed_everything 2 --only twos_with_replacement --samples 170",
    "--seed_everything 3 --only fours --batch 1 --samples 442",
    "--seed_everything 1 --only fours,fours_with_replacement --samples 11 --batch 3",
    "--seed_everything 2 --only accumulated --samples 15 --batch 3",
    "--seed_everything 3 --only short_last_batch --samples 14 --batch 8",
    "--only fours --batch 12",
    "--only fours --batch 1 --samples null",
    "--only accumulated --batch 12",
    "--only accumulated --batch 1",
]
DIFFERENT = "--only twos,eights"
EVERY = "--only fours,twos_with_replacement,accumulated,short_last_batch"
VARIANCES = {"fours.variance", "twos_with_replacement.variance", "short_last_batch.variance"}


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_samples_batches_networks_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_a_variance_without_the_correction_for_a_finite_number_fails(script, failures, monkeypatch):
    right = script.sampling.gradient_variance
    monkeypatch.setattr(
        script.sampling, "gradient_variance", lambda *a, replacement: right(*a, replacement=True)
    )
    assert failures(EVERY) == {"fours.variance"}


def test_a_variance_of_the_square_root_of_the_batch_fails(script, failures, monkeypatch):
    right = script.sampling.gradient_variance
    monkeypatch.setattr(
        script.sampling, "gradient_variance", lambda s2, n, b, **k: right(s2, n, b, **k) * math.sqrt(b)
    )
    assert failures(DIFFERENT) == {"twos.variance", "eights.variance"}


def test_batches_that_all_count_alike_fail(script, failures, monkeypatch):
    monkeypatch.setattr(script.sampling, "batch_mean_weights", lambda samples, batch: [1 / samples] * samples)
    assert failures(EVERY) == {"short_last_batch.variance"}


def test_a_batch_whose_gradients_are_summed_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "mse", lambda p, y: ((p - y) ** 2).sum())
    assert failures(EVERY) == VARIANCES | {
        "fours.mean",
        "twos_with_replacement.mean",
        "accumulated.variance",
    }


def test_batches_that_are_drawn_the_other_way_fail(script, failures, monkeypatch):
    monkeypatch.setattr(script, "product", lambda rows, repeat: script.combinations(rows, repeat))
    assert failures(EVERY) == {"twos_with_replacement.variance"}


def test_batches_that_leave_a_sample_out_fail(script, failures, monkeypatch):
    right = script.combinations
    monkeypatch.setattr(script, "combinations", lambda rows, size: right(rows[1:], size))
    assert failures("--only twos") == {"twos.mean", "twos.variance"}


def test_batches_that_are_added_up_without_the_mean_fail(script, failures, monkeypatch):
    right = script.torch.stack
    monkeypatch.setattr(script.torch, "stack", lambda gradients: len(gradients) * right(gradients))
    assert failures("--only accumulated") == {"accumulated.variance"}


def test_one_patient_who_counts_as_much_as_eleven_is_worse_than_four_at_random(measured):
    found = measured("--only short_last_batch --batch 11")["short_last_batch.variance"]
    assert found > measured("--only fours")["fours.variance"]


def test_four_times_the_samples_halve_the_distance_with_replacement(measured):
    two, eight = (measured(f"--only twos_with_replacement --samples 11 --batch {b}") for b in (1, 4))
    key = "twos_with_replacement.variance"
    assert math.sqrt(eight[key] / two[key]) == pytest.approx(0.5, rel=1e-10)


def test_of_a_pass_no_mean_is_claimed(measured):
    assert set(measured("--only accumulated,short_last_batch")) == {
        "accumulated.variance",
        "short_last_batch.variance",
    }


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--only fours --batch 13", "batch is 13; choose 1 to 12, the number of samples"),
        ("--only fours --batch 0", "batch is 0; choose 1 to 12"),
        ("--only fours --samples 10", "samples is 10; choose 11 to 442"),
        ("--only eights --samples 18", "of 18 samples there are 43,758 batches of 8; lower samples or batch"),
        ("--only fours_with_replacement --batch 5", "of 12 samples there are 248,832 batches of 5"),
        ("--only accumulated --samples 442 --batch 221", "there are about 10^131 batches of 221; lower"),
        ("--only fours --drawn sorted", "drawn is 'sorted'"),
        ("--only fours --rate 1", "no option 'rate'"),
    ],
)
def test_what_no_law_speaks_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
