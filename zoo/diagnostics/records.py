"""Scalars of many steps as records of a TensorBoard event file, without a loop over bytes.

A record is 8 bytes of length, their checksum, an Event message, and its checksum. From step to step, the
Event with a fixed set of tags differs in a few bytes alone: the time, the step, and four bytes a tag. So one
message is made by protobuf, the others are copies of it with these bytes replaced, a row of a matrix each.

The checksum is CRC-32C: the remainder of the message, read as a polynomial over the field of 0 and 1, on
division by one of degree 32 (Castagnoli et al. 1993). Remainders add, and addition is exclusive or: a byte
that changes by d changes the checksum by the remainder of d at that place, whatever the other bytes are.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

HEADER, FOOTER = 12, 4  # length and its checksum before the message, the message's checksum after it
TIME, STEP = slice(1, 9), slice(10, 15)  # where they are in the message, each after a byte that names it
STEP_BYTES = 5  # seven bits a byte, which protobuf reads with zeros in front too
CASTAGNOLI = 0x82F63B78  # the divisor without its leading 1, the lowest bit for the highest power
MASK = 0xA282EAD8  # what event files add to a checksum, after a rotation by 15 bits


class ScalarRecords:
    """Records that hold one value for each of these tags.

    Args:
        tags: their names, in the order of the values.
    """

    def __init__(self, tags: Sequence[str]) -> None:
        values = [Summary.Value(tag=tag, simple_value=0.0) for tag in tags]
        step = 1 << 7 * (STEP_BYTES - 1)  # the least that takes all of its bytes
        message = Event(wall_time=1.0, step=step, summary=Summary(value=values)).SerializeToString()
        self._record = np.frombuffer(_framed(message), dtype=np.uint8)
        self._places = HEADER + _places(message, values)
        self._remainders = _remainders(HEADER + len(message) - 1 - self._places)

    def encode(
        self, steps: Sequence[int], times: Sequence[float], values: NDArray[np.floating]
    ) -> NDArray[np.uint8]:
        """One record a row, ready to be appended to an event file.

        Args:
            steps: (N,), each from 0 to 2^35 − 1.
            times: (N,), in seconds since 1970.
            values: (N, number of tags); event files keep float32.
        """
        count = len(steps)
        digits = np.asarray(steps)[:, None] >> 7 * np.arange(STEP_BYTES) & 127
        digits[:, :-1] |= 128  # another byte follows
        with np.errstate(over="ignore"):
            floats = np.asarray(values).astype("<f4")
        changed = np.hstack(
            [
                np.asarray(times, dtype="<f8")[:, None].view(np.uint8),
                digits.astype(np.uint8),
                np.ascontiguousarray(floats).view(np.uint8).reshape(count, -1),
            ]
        )
        records = np.tile(self._record, (count, 1))
        difference = changed ^ self._record[self._places]
        records[:, self._places] = changed
        checksum = _unmasked(records[:, -FOOTER:].copy().view("<u4")) ^ self._change(difference)[:, None]
        records[:, -FOOTER:] = _masked(checksum).astype("<u4").view(np.uint8)
        return records

    def _change(self, difference: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """By how much the checksum of every row changes: two look-ups a byte, for its low and high half."""
        halves = np.stack([difference & 15, difference >> 4])
        half, place = np.ogrid[:2, : len(self._places)]
        found: NDArray[np.uint32] = self._remainders[half[:, None], place[None], halves]
        change: NDArray[np.uint32] = np.bitwise_xor.reduce(found, axis=(0, 2))
        return change


def _framed(message: bytes) -> bytes:
    """The record of a message, by TensorBoard's own writer."""
    record = io.BytesIO()
    RecordWriter(record).write(message)
    return record.getvalue()


def _places(message: bytes, values: Sequence[Summary.Value]) -> NDArray[np.int64]:
    """Where the message's bytes change: the time's, the step's, and every float's, which ends its Value."""
    sizes = [len(Summary(value=[value]).SerializeToString()) for value in values]
    ends = len(message) - sum(sizes) + np.cumsum(sizes)
    floats = ends[:, None] + np.arange(-4, 0)
    return np.concatenate([np.r_[TIME, STEP], floats.ravel()])


def _remainders(after: NDArray[np.int64]) -> NDArray[np.uint32]:
    """What a half-byte h adds to the checksum, as (2 halves, places, 16 values of h).

    Args:
        after: for each place, how many bytes of the message come after it.
    """
    powers = _powers(8 * (int(after.max()) + 1))
    # Bit b of a byte, the lowest first, stands for the power 7 − b of the eight that are the byte's.
    bits = powers[8 * after[:, None] + 7 - np.arange(8)].reshape(-1, 2, 4).transpose(1, 0, 2)
    table = np.zeros((*bits.shape[:2], 16), dtype=np.uint32)
    for h in range(16):
        for bit in range(4):
            if h >> bit & 1:
                table[:, :, h] ^= bits[:, :, bit]
    return table


def _powers(count: int) -> NDArray[np.uint32]:
    """The remainders of x³², x³³, …, each x times the one before."""
    powers = np.empty(count, dtype=np.uint32)
    power = CASTAGNOLI
    for k in range(count):
        powers[k] = power
        power = power >> 1 ^ (CASTAGNOLI if power & 1 else 0)
    return powers


def _masked(checksum: NDArray[np.uint32]) -> NDArray[np.uint32]:
    masked: NDArray[np.uint32] = np.add(checksum >> 15 | checksum << 17, MASK, dtype=np.uint32)
    return masked


def _unmasked(masked: NDArray[np.uint32]) -> NDArray[np.uint32]:
    rotated = np.subtract(masked, MASK, dtype=np.uint32)
    checksum: NDArray[np.uint32] = np.bitwise_or(rotated << 15, rotated >> 17)
    return checksum


def append(path: Path, records: bytes) -> None:
    """Add records to the end of an event file."""
    with open(path, "ab") as file:
        file.write(records)
