"""What mini-batches drawn at random do to a gradient, and to descent that uses it with a constant rate.

N samples, B of them a batch, n = ⌈N/B⌉ batches a pass over the data. g_i is the gradient of sample i, s² the
population variance of the g_i. A batch is drawn in one of two ways:

    with replacement   every sample of it from all N: RandomSampler(replacement=True)
    shuffled           a pass is a random order π, cut into batches: DataLoader(shuffle=True)

Walks are on losses ½λ(w − a_i)²: a step multiplies the error by 1 − ηλ and adds η times the batch's noise.
Shuffled, a pass adds Σ v_i g_π(i) with weights v_i that are always the same. All g_i together do not vary, so
its noise is in how unequal the weights are; `order_variance` is behind all that is said of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_finite, require_not_negative, require_positive


@dataclass(frozen=True)
class Walk:
    """Descent with a constant rate on the mean of ½λ(w − a_i)², by the gradient of one batch a step.

    Args:
        samples: N.
        batch: B; the last batch of a shuffled pass is shorter where B does not divide N.
        rate: η.
        curvature: λ.
        variance: s², of one sample's gradient: λ² Var a.
        replacement: whether batches are drawn with replacement; shuffled, if not.

    Raises:
        InputError: fewer than two samples, a batch below 1, a negative variance, or ηλ not between 0 and 2,
            where a walk settles.
    """

    samples: int
    batch: int
    rate: float
    curvature: float = 1.0
    variance: float = 1.0
    replacement: bool = False

    def __post_init__(self) -> None:
        require_at_least(2, samples=self.samples)
        require_at_least(1, batch=self.batch)
        require_positive(rate=self.rate, curvature=self.curvature)
        require_not_negative(variance=self.variance)
        if not self.factor**2 < 1:  # in float64: an ηλ of 1e-20 is none
            raise InputError(
                f"rate · curvature is {self.rate * self.curvature:g}; a walk settles between 0 and 2"
            )

    @property
    def factor(self) -> float:
        """1 − ηλ."""
        return 1 - self.rate * self.curvature

    @property
    def batches(self) -> int:
        """n."""
        return math.ceil(self.samples / self.batch)


def order_variance(weights: Sequence[float], variance: float) -> float:
    """Var Σ v_i g_π(i) = s² N/(N − 1) Σ (v_i − v̄)², over all orders π of the numbers g_1 … g_N.

    In a random order any two of them have the covariance −s²/(N − 1). (Cochran 1977, chapter 2, has it for
    the mean of B: weights 1/B and 0.)

    Args:
        weights: v_i.
        variance: s², the population variance of the g_i.

    Raises:
        InputError: fewer than two weights, one that is not finite, or a negative variance.
    """
    require_at_least(2, weights=len(weights))
    require_not_negative(variance=variance)
    for weight in weights:
        require_finite(weight=weight)
    count, mean = len(weights), math.fsum(weights) / len(weights)
    return variance * count / (count - 1) * math.fsum((weight - mean) ** 2 for weight in weights)


def gradient_variance(variance: float, samples: int, batch: int, replacement: bool = False) -> float:
    """Var ḡ = (s²/B) (N − B)/(N − 1) over all batches of B different samples; s²/B with replacement.

    ḡ is the mean of a batch's gradients; on average it is the mean of all N. (Cochran 1977, chapter 2)

    Raises:
        InputError: a negative variance, fewer than two samples, a batch below 1, or above N without
            replacement.
    """
    require_not_negative(variance=variance)
    require_at_least(2, samples=samples)
    require_at_least(1, batch=batch)
    if replacement:
        return variance / batch
    if batch > samples:
        raise InputError(f"batch is {batch}; without replacement it holds at most all {samples} samples")
    return variance / batch * (samples - batch) / (samples - 1)


def batch_sizes(samples: int, batch: int) -> list[int]:
    """B, …, B, and what is left over as a last, shorter batch.

    Raises:
        InputError: samples or batch is below 1.
    """
    require_at_least(1, samples=samples, batch=batch)
    return [min(batch, samples - first) for first in range(0, samples, batch)]


def batch_mean_weights(samples: int, batch: int) -> list[float]:
    """1/(n B_t): what sample i, in a batch of B_t, counts in the mean of the n batches' means.

    In equal batches that is 1/N. In a shorter last batch each sample counts more.

    Raises:
        InputError: samples or batch is below 1.
    """
    sizes = batch_sizes(samples, batch)
    return [1 / (len(sizes) * size) for size in sizes for _ in range(size)]


def error_left(steps: int, walk: Walk) -> float:
    """E(w_k − w*) / (w_0 − w*) = (1 − ηλ)^k: on average every batch has the gradient of all samples.

    Raises:
        InputError: steps is negative.
    """
    require_at_least(0, steps=steps)
    return walk.factor**steps


def pass_weights(walk: Walk, batches: int | None = None) -> list[float]:
    """v_i = (η/B_t) (1 − ηλ)^{m−1−t}: what the noise of sample i, in batch t, counts after m of the batches.

    Its batch divides by its own size B_t, and every step that follows shrinks it. What has not come counts 0.

    Args:
        walk: a shuffled one.
        batches: m; all n of the pass, if it is left out.

    Returns:
        N numbers, in the order of the pass.

    Raises:
        InputError: batches is not one of 0 … n.
    """
    seen = walk.batches if batches is None else batches
    if not 0 <= seen <= walk.batches:
        raise InputError(f"batches is {seen}; a pass has {walk.batches}")
    weights: list[float] = []
    for t, size in enumerate(batch_sizes(walk.samples, walk.batch)):
        weight = walk.rate / size * walk.factor ** (seen - 1 - t) if t < seen else 0.0
        weights += [weight] * size
    return weights


def spread_floor(walk: Walk) -> float:
    """Var w → ηs²/(Bλ(2 − ηλ)) with replacement; s² N/(N − 1) Σ (v_i − v̄)² / (1 − (1 − ηλ)^{2n}) shuffled.

    There the noise that comes is as much as the noise that is forgotten. With replacement that is so step by
    step, and for small steps the floor is ηs²/(2λB). Shuffled it is so from one end of a pass to the next,
    with v from `pass_weights`; for equal batches Σ (v_i − v̄)² is (η²/B) [Σ c² − (Σ c)²/n], c_t being
    (1 − ηλ)^{n−1−t}. Where ηλn is small these weights hardly differ, and the floor goes with η³. (Derived, by
    exchangeability; Gürbüzbalaban, Ozdaglar & Parrilo 2021 have the orders.)
    """
    if walk.replacement:
        return walk.rate * walk.variance / (walk.batch * walk.curvature * (1 + walk.factor))
    forgotten = 1 - walk.factor ** (2 * walk.batches)
    return order_variance(pass_weights(walk), walk.variance) / forgotten


def spread(steps: int, walk: Walk) -> float:
    """Var w_k = [1 − (1 − ηλ)^{2k}] `spread_floor`, from a start that does not vary.

    Shuffled it is so at the ends of passes. The m batches of a pass that is under way shrink it by
    (1 − ηλ)^{2m} and add the noise of their own, which the rest of the pass has yet to take back.

    Raises:
        InputError: steps is negative.
    """
    require_at_least(0, steps=steps)
    under_way = 0 if walk.replacement else steps % walk.batches
    settled = (1 - walk.factor ** (2 * (steps - under_way))) * spread_floor(walk)
    if not under_way:
        return settled
    own = order_variance(pass_weights(walk, under_way), walk.variance)
    return walk.factor ** (2 * under_way) * settled + own


def order_error(times: int, walk: Walk) -> float:
    """How far the batches that were drawn move a measured `spread_floor`, relatively: a standard error.

    √([4ρ²/(1 − ρ²) + 2(1 − 1/B)] / ((N − 1) K)) with replacement, ρ = 1 − ηλ; √(4r²/(1 − r²) / ((N − 1) K))
    shuffled, r = ρ^n.

    Let any number of weights share the batches, each learning from data of its own. Given the batches,
    w = Σ C_i g_i has the variance s² N/(N − 1) ‖C − C̄‖², but C is as random as they are. From one time to the
    next ‖C − C̄‖² is multiplied by ρ² or r², and gains a product of the old C with the new weights; with
    replacement also how often a sample comes twice in a batch. Both gains have known variances, and sums over
    K times follow. Of a walk that has not settled it is an upper bound, relative to the floor. (Derived.)

    Args:
        times: K, how many times the variance is averaged over: steps with replacement, else ends of passes.
        walk: the walk.

    Raises:
        InputError: times is below 1.
    """
    require_at_least(1, times=times)
    memory = walk.factor ** (2 if walk.replacement else 2 * walk.batches)
    twice = 2 * (1 - 1 / walk.batch) if walk.replacement else 0
    return math.sqrt((4 * memory / (1 - memory) + twice) / ((walk.samples - 1) * times))
