"""The sentences that answer senseless input. Each check takes its values by name, so it can name them."""

import math

from zoo.errors import InputError


def require_positive(**values: float) -> None:
    """Raise InputError unless every value is positive and finite."""
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"{name} is {value}; it must be positive and finite")


def require_not_negative(**values: float) -> None:
    """Raise InputError unless every value is zero or positive, and finite."""
    for name, value in values.items():
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"{name} is {value}; it must be at least 0 and finite")


def require_finite(**values: float) -> None:
    """Raise InputError unless every value is a finite number."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise InputError(f"{name} is {value}; it must be finite")


def require_below_one(**values: float) -> None:
    """Raise InputError unless every value lies in [0, 1)."""
    for name, value in values.items():
        if not 0 <= value < 1:
            raise InputError(f"{name} is {value}; it must be at least 0 and below 1")


def require_at_least(least: int, **values: int) -> None:
    """Raise InputError unless every value is at least ``least``."""
    for name, value in values.items():
        if not value >= least:
            raise InputError(f"{name} is {value}; it must be at least {least}")
