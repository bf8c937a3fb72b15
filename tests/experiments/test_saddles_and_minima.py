import pytest
import torch

SETTINGS = [
    "--seed_everything 1",
    "--seed_everything 2 --only one,two,three --matrices 2000",
    "--seed_everything 3 --only high,lower,low --size 100 --matrices 20",
    "--only high --shift -0.5",
    "--only high --shift 0",
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_for_other_sizes_shifts_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_one_variance_everywhere_makes_another_ensemble(script, failures, monkeypatch):
    right = script.random_matrices.sample

    def sample(matrices, size, generator):
        m = right(matrices, size, generator)
        m.diagonal(dim1=1, dim2=2).mul_(0.5**0.5)
        return m

    monkeypatch.setattr(script.random_matrices, "sample", sample)
    assert failures("--only one,two,three") == {"two.share", "three.share"}


def test_a_landscape_that_is_raised_more_is_less_negative(script, failures, monkeypatch):
    right = script.random_matrices.negative_share
    monkeypatch.setattr(script.random_matrices, "negative_share", lambda c: right(c + 0.05))
    assert failures("--only high,lower,low,lowest") == {"high.share", "lower.share", "low.share"}


def test_a_chance_for_independent_curvatures_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.random_matrices, "minimum_probability", lambda n: 0.5**n)
    assert failures("--only one,two,three") == {"two.share", "three.share"}


def test_a_network_without_its_saddle_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "product", lambda w: (w[0] - 1) ** 2 / 2 + w[1] ** 2)
    found = {"product.lowest", "product.highest", "product.sharpness"}
    assert failures("--only one") == found


def test_a_monkey_that_sits_on_a_bowl_fails(script, failures, monkeypatch):
    right = script.monkey
    monkeypatch.setattr(script, "monkey", lambda w: right(w) + (w**2).sum())
    assert failures("--only one") == {"monkey.largest", "monkey.down"}


def test_flat_points_are_found_with_autograd(script):
    w = torch.tensor([2.0, 0.5], dtype=torch.float64)
    assert script.curvature.hessian(script.product, w).tolist() == [[0.25, 1.0], [1.0, 4.0]]


def test_nearly_at_the_bottom_hardly_a_curvature_is_negative(measured):
    assert 0 < measured("--only low --shift 1.9")["low.share"] < 0.01


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--only two --size 4", ["size is 4", "1, 2 or 3"]),
        ("--only two --matrices 0", ["matrices is 0", "2000000"]),
        ("--only high --size 1000 --matrices 100", ["100 of size 1000", "2000000"]),
        ("--only high --size 10", ["size is 10", "50 or more"]),
        ("--only high --shift 5", ["shift 5.0", "−3 to 3"]),
    ],
)
def test_what_no_law_is_about_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
