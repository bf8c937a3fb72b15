"""What rounding can do to a number in float64."""

UNIT = 2.0**-53  # the unit roundoff: a result is off by at most this share of itself (IEEE 754)


def conserved_sum_error(terms: int, steps: int) -> float:
    """4KC · UNIT: how far K steps move a sum of C weights that they should leave, over the largest weight.

    In each step every one of the C weights is off by three roundings of at most UNIT: of itself, of its
    gradient and of η times that, which are no longer than the weight as it is after them; and the C factors p
    − y by which the gradients differ add up to 0 but for one more.
    """
    return 4 * steps * terms * UNIT
