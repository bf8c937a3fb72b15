import math
from dataclasses import replace
from itertools import chain, combinations, permutations, product
from statistics import fmean, pvariance

import pytest
import torch

from zoo.theory.sampling import (
    Walk,
    batch_mean_weights,
    batch_sizes,
    error_left,
    gradient_variance,
    order_error,
    order_variance,
    pass_weights,
    spread,
    spread_floor,
)

EIGHT = [1.0, 2.0, 4.0, 7.0, 11.0, 16.0, 22.0, 29.0]  # population variance 89.25


def ends(samples, batch_lists, rate, curvature, start=0.0):
    """w after every list of batches: plain steps on ½λ(w − a)²."""
    for batches in batch_lists:
        w = start
        for batch in batches:
            w -= rate * curvature * (w - fmean(samples[i] for i in batch))
        yield w


def shuffled_passes(count, batch, passes):
    """Every way in which that many shuffled passes over count samples can go, as lists of batches."""
    cut = [[order[i : i + batch] for i in range(0, count, batch)] for order in permutations(range(count))]
    return (list(chain.from_iterable(way)) for way in product(cut, repeat=passes))


def random_batches(walk, steps, chains, generator):
    """What each sample counts in w after every step, of independent walks from 0: (steps, chains, N)."""
    counts = torch.zeros(chains, walk.samples, dtype=torch.float64)
    found = []
    for step in range(steps):
        if walk.replacement:
            drawn = torch.randint(walk.samples, (chains, walk.batch), generator=generator)
        else:
            t = step % walk.batches
            if t == 0:
                order = torch.rand(chains, walk.samples, generator=generator).argsort(dim=1)
            drawn = order[:, t * walk.batch : (t + 1) * walk.batch]
        share = torch.full(drawn.shape, walk.rate / drawn.shape[1], dtype=torch.float64)
        counts = (walk.factor * counts).scatter_add(1, drawn, share)
        found.append(counts)
    return torch.stack(found)


@pytest.mark.parametrize("batch", [1, 2, 4, 7, 8])
def test_the_mean_of_all_batches_without_replacement_has_its_variance(batch):
    means = [fmean(chosen) for chosen in combinations(EIGHT, batch)]
    assert fmean(means) == pytest.approx(fmean(EIGHT), rel=1e-14)
    assert pvariance(means) == pytest.approx(gradient_variance(89.25, 8, batch), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_the_mean_of_all_draws_with_replacement_has_its_variance(batch):
    means = [fmean(drawn) for drawn in product(EIGHT, repeat=batch)]
    assert pvariance(means) == pytest.approx(gradient_variance(89.25, 8, batch, True), rel=1e-12)


def test_the_variances_of_the_eight_numbers_are_known():
    assert pvariance(EIGHT) == 89.25
    assert gradient_variance(89.25, 8, 4) == 12.75
    assert gradient_variance(89.25, 8, 2) == pytest.approx(38.25, rel=1e-15)
    assert gradient_variance(89.25, 8, 2, replacement=True) == 44.625


@pytest.mark.parametrize("weights", [[1.0, 0.0, 0.0, 0.0], [0.5, -1.0, 2.0, 0.25, 0.0], [0.3, 0.3]])
def test_a_weighted_sum_in_every_order_has_its_variance(weights):
    numbers = EIGHT[-len(weights) :]
    sums = [sum(v * a for v, a in zip(weights, order, strict=True)) for order in permutations(numbers)]
    expected = order_variance(weights, pvariance(numbers))
    assert pvariance(sums) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_a_mean_is_a_weighted_sum():
    weights = [1 / 3] * 3 + [0.0] * 7
    assert order_variance(weights, 2.0) == pytest.approx(gradient_variance(2.0, 10, 3), rel=1e-14)


# N, B, passes, η, λ; the second and third with a shorter last batch
WALKS = [
    (4, 2, 2, 0.3, 1.0),
    (5, 2, 2, 0.4, 1.5),
    (4, 3, 2, 0.9, 2.0),
    (3, 1, 3, 0.7, 0.5),
    (4, 1, 1, 1.7, 1.0),
]


@pytest.mark.parametrize(("count", "batch", "passes", "rate", "curvature"), WALKS)
def test_shuffled_passes_in_every_order_have_their_mean_and_spread(count, batch, passes, rate, curvature):
    data = [a - fmean(EIGHT[:count]) for a in EIGHT[:count]]  # so that the best w is 0
    walk = Walk(count, batch, rate, curvature, curvature**2 * pvariance(data))
    assert walk.batches == math.ceil(count / batch)
    found = list(ends(data, shuffled_passes(count, batch, passes), rate, curvature, start=5.0))
    steps = passes * walk.batches
    assert pvariance(found) == pytest.approx(spread(steps, walk), rel=1e-11)
    assert fmean(found) == pytest.approx(5 * error_left(steps, walk), rel=1e-11)


@pytest.mark.parametrize("batches", [1, 2, 3, 4])
def test_within_a_pass_the_spread_is_that_of_the_batches_until_then(batches):
    data, walk = [a - 2.8 for a in EIGHT[:5]], Walk(5, 2, 0.4, 1.5)
    walk = replace(walk, variance=1.5**2 * pvariance(data))
    ways = (way[:batches] for way in shuffled_passes(5, 2, 2))
    assert pvariance(list(ends(data, ways, 0.4, 1.5))) == pytest.approx(spread(batches, walk), rel=1e-11)


@pytest.mark.parametrize(("batch", "steps"), [(1, 4), (2, 2), (3, 2)])
def test_every_walk_with_replacement_has_its_mean_and_spread(batch, steps):
    data = [-1.0, 0.5, 3.0]
    walk = Walk(3, batch, 0.4, 1.5, 1.5**2 * pvariance(data), replacement=True)
    draws = list(product(range(3), repeat=batch))
    found = [w - fmean(data) for w in ends(data, product(draws, repeat=steps), 0.4, 1.5, start=5.0)]
    assert fmean(found) == pytest.approx((5 - fmean(data)) * error_left(steps, walk), rel=1e-12)
    assert pvariance(found) == pytest.approx(spread(steps, walk), rel=1e-12)


@pytest.mark.parametrize(("rate", "batch", "floor"), [(0.1, 4, 1 / 76), (0.2, 4, 1 / 36), (0.1, 16, 1 / 304)])
def test_the_floor_with_replacement_is_known(rate, batch, floor):
    assert spread_floor(Walk(64, batch, rate, replacement=True)) == pytest.approx(floor, rel=1e-14)


@pytest.mark.parametrize(
    ("rate", "floor", "share"), [(0.1, 0.00245669, 0.19), (0.05, 0.000341106, 0.05), (0.2, 0.0132148, 0.48)]
)
def test_the_floor_of_shuffled_passes_is_known(rate, floor, share):
    walk = Walk(64, 4, rate)
    assert spread_floor(walk) == pytest.approx(floor, rel=3e-6)  # as many digits as are known
    assert spread_floor(walk) / spread_floor(replace(walk, replacement=True)) == pytest.approx(
        share, abs=5e-3
    )


@pytest.mark.parametrize(("samples", "batch", "rate"), [(64, 4, 0.1), (12, 3, 0.9), (30, 5, 1.4)])
def test_in_equal_batches_the_floor_is_that_of_means_of_batches(samples, batch, rate):
    walk, n, left = Walk(samples, batch, rate, 1.3, 0.7), samples // batch, 1 - 1.3 * rate
    c = [left ** (n - 1 - t) for t in range(n)]
    of_a_mean = 0.7 / batch * (samples - batch) / (samples - 1)
    squares = sum(x**2 for x in c) - sum(c) ** 2 / n
    floor = rate**2 * of_a_mean * n / (n - 1) * squares / (1 - left ** (2 * n))
    assert spread_floor(walk) == pytest.approx(floor, rel=1e-12)


def test_small_steps_leave_noise_in_proportion_to_their_rate_and_shuffled_to_its_cube():
    walk = Walk(64, 4, 1e-5)
    for w, power in ((replace(walk, replacement=True), 1), (walk, 3)):
        assert spread_floor(replace(w, rate=2e-5)) / spread_floor(w) == pytest.approx(2**power, rel=1e-3)


def test_a_batch_of_all_samples_has_no_noise():
    walk = Walk(10, 10, 0.3)
    assert spread_floor(walk) == pytest.approx(0, abs=1e-30)
    assert spread(7, replace(walk, batch=99)) == pytest.approx(0, abs=1e-30)
    assert spread_floor(replace(walk, replacement=True)) == pytest.approx(0.3 / (10 * 1.7), rel=1e-14)


def test_the_spread_comes_to_its_floor():
    for walk in (Walk(64, 4, 0.1), Walk(64, 4, 0.1, replacement=True)):
        assert spread(0, walk) == 0
        assert spread(16 * 40, walk) == pytest.approx(spread_floor(walk), rel=1e-14)


def test_within_a_pass_weights_hover_higher_than_at_its_end():
    walk = Walk(64, 4, 0.1)
    within = [spread(16 * 40 + batches, walk) for batches in range(17)]
    assert within[0] == pytest.approx(within[16], rel=1e-12)
    assert min(within[1:16]) > within[0]
    assert max(within) < spread_floor(replace(walk, replacement=True))


def test_what_has_not_come_yet_counts_nothing():
    walk = Walk(5, 2, 0.5, 1.0)
    assert pass_weights(walk) == [0.0625, 0.0625, 0.125, 0.125, 0.5]
    assert pass_weights(walk, 2) == [0.125, 0.125, 0.25, 0.25, 0.0]
    assert pass_weights(walk, 0) == [0.0] * 5


def test_a_shorter_last_batch_counts_for_more_than_it_holds():
    assert batch_sizes(10, 4) == [4, 4, 2]
    weights = batch_mean_weights(10, 4)
    assert sum(v * a for v, a in zip(weights, range(10), strict=True)) == pytest.approx(31 / 6, rel=1e-14)
    assert math.sqrt(order_variance(weights, 1.0)) == pytest.approx(1 / 9, rel=1e-14)
    assert batch_mean_weights(8, 4) == [1 / 8] * 8
    assert batch_sizes(3, 4) == [3]


@pytest.mark.parametrize(
    ("walk", "times", "skip"),
    [
        (Walk(16, 4, 0.2, replacement=True), 60, 40),
        (Walk(16, 1, 0.5, replacement=True), 40, 20),
        (Walk(16, 8, 0.9, replacement=True), 20, 10),
        (Walk(16, 4, 0.1), 40, 20),
        (Walk(16, 8, 0.3), 30, 12),
        (Walk(4, 2, 0.4, replacement=True), 100, 20),
    ],
    ids=["replaced", "singly", "large_steps", "shuffled", "two_batches", "four_samples"],
)
def test_one_order_of_batches_strays_by_the_order_error(walk, times, skip):
    every, chains = (1 if walk.replacement else walk.batches), 4000
    generator = torch.Generator().manual_seed(0)
    counts = random_batches(walk, every * (times + skip), chains, generator)[every - 1 :: every][skip:]
    centred = counts - counts.mean(dim=2, keepdim=True)
    given = walk.samples / (walk.samples - 1) * (centred**2).sum(dim=2)  # Var w, given the batches
    # Means over chains stray by their own standard error, and that of a deviation by 1/√(2 · 4000) and more,
    # since sums of squares are skewed: a tenth.
    floor = spread_floor(walk)
    assert float(given.mean()) == pytest.approx(floor, rel=4 * order_error(times, walk) / math.sqrt(chains))
    assert float(given.mean(dim=0).std()) / floor == pytest.approx(order_error(times, walk), rel=0.1)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"samples": 1}, "samples is 1; it must be at least 2"),
        ({"batch": 0}, "batch is 0; it must be at least 1"),
        ({"rate": 0.0}, "rate is 0.0; it must be positive and finite"),
        ({"curvature": -1.0}, "curvature is -1.0; it must be positive and finite"),
        ({"variance": -1.0}, "variance is -1.0; it must be at least 0 and finite"),
        ({"rate": 2.0}, "rate · curvature is 2; a walk settles between 0 and 2"),
        ({"rate": 1e9}, r"rate · curvature is 1e\+09; a walk settles between 0 and 2"),
        ({"rate": 1e-20}, "rate · curvature is 1e-20; a walk settles between 0 and 2"),
    ],
)
def test_a_walk_that_does_not_settle_is_refused(arguments, complaint):
    with pytest.raises(ValueError, match=f"^{complaint}$"):
        Walk(**{"samples": 10, "batch": 2, "rate": 0.1} | arguments)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: order_variance([1.0], 1.0), "weights is 1; it must be at least 2"),
        (lambda: order_variance([1.0, math.nan], 1.0), "weight is nan; it must be finite"),
        (lambda: order_variance([1.0, 2.0], -1.0), "variance is -1.0; it must be at least 0 and finite"),
        (lambda: gradient_variance(-1.0, 4, 2), "variance is -1.0; it must be at least 0 and finite"),
        (lambda: gradient_variance(1.0, 1, 1), "samples is 1; it must be at least 2"),
        (lambda: gradient_variance(1.0, 4, 0), "batch is 0; it must be at least 1"),
        (
            lambda: gradient_variance(1.0, 4, 5),
            "batch is 5; without replacement it holds at most all 4 samples",
        ),
        (lambda: batch_sizes(0, 1), "samples is 0; it must be at least 1"),
        (lambda: batch_mean_weights(4, 0), "batch is 0; it must be at least 1"),
        (lambda: error_left(-1, Walk(4, 2, 0.1)), "steps is -1; it must be at least 0"),
        (lambda: spread(-1, Walk(4, 2, 0.1)), "steps is -1; it must be at least 0"),
        (lambda: pass_weights(Walk(4, 2, 0.1), 3), "batches is 3; a pass has 2"),
        (lambda: order_error(0, Walk(4, 2, 0.1)), "times is 0; it must be at least 1"),
    ],
)
def test_bad_input_is_refused(call, complaint):
    with pytest.raises(ValueError, match=f"^{complaint}$"):
        call()
