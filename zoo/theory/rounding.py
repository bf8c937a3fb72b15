"""What rounding can do to a number in float64."""

UNIT = 2.0**-53  # the unit roundoff: a result is off by at most this share of itself (IEEE 754)
