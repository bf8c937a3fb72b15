"""Records are held against TensorBoard's own writer and its own readers, which check every checksum."""

import math
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader, RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from zoo.diagnostics.records import ScalarRecords, append


@pytest.fixture
def event_file(tmp_path: Path) -> Path:
    """An event file that TensorBoard's writer has begun and closed."""
    EventFileWriter(str(tmp_path)).close()
    (path,) = tmp_path.iterdir()
    return path


def events(path):
    """All events but the first, which is the writer's own."""
    return [Event.FromString(raw) for raw in RawEventFileLoader(str(path)).Load()][1:]


@pytest.mark.parametrize("count", [1, 2, 300])
def test_what_is_encoded_is_what_tensorboard_reads(event_file, count):
    tags = [f"grad_norm/layer.{i}" * (1 + i % 7) for i in range(count)]
    values = np.random.default_rng(0).normal(size=(4, count))
    steps, times = [0, 1, 127, 2**35 - 1], [1.7e9, 1.7e9 + 0.1, 1.8e9, 0.0]
    append(event_file, ScalarRecords(tags).encode(steps, times, values).tobytes())
    read = events(event_file)
    assert [event.step for event in read] == steps
    assert [event.wall_time for event in read] == times
    for event, row in zip(read, values, strict=True):
        assert [value.tag for value in event.summary.value] == tags
        assert [value.simple_value for value in event.summary.value] == row.astype(np.float32).tolist()


def test_nan_infinity_and_what_float32_cannot_hold_are_read_as_such(event_file):
    values = np.array([[math.nan, math.inf, -math.inf, 0.0, 1e300, 1e-300]])
    append(event_file, ScalarRecords(list("abcdef")).encode([3], [1.0], values).tobytes())
    (event,) = events(event_file)
    read = [value.simple_value for value in event.summary.value]
    assert math.isnan(read[0])
    assert read[1:] == [math.inf, -math.inf, 0.0, math.inf, 0.0]


@pytest.mark.parametrize(
    "place", [0, 9, 13, 25, -6, -1], ids=["length", "its sum", "time", "step", "value", "sum"]
)
def test_a_reader_notices_a_byte_that_is_wrong(event_file, place):
    record = ScalarRecords(["loss"]).encode([5], [1.0], np.array([[2.0]])).copy()
    record[0, place] ^= 1
    append(event_file, record.tobytes())
    assert events(event_file) == []


def test_a_tag_costs_at_most_twenty_bytes_beyond_its_length():
    for tags in (["loss"], [f"grad_norm/{'deep.' * (i % 50)}{i}" for i in range(1000)]):
        size = ScalarRecords(tags).encode([1], [1.0], np.zeros((1, len(tags)))).nbytes
        # what belongs to the event, not to a tag: 16 bytes around it, 15 of time and step, up to 6 of length
        assert (size - 37 - sum(map(len, tags))) / len(tags) <= 20


def test_records_go_between_those_of_tensorboards_own_writer(tmp_path):
    writer = EventFileWriter(str(tmp_path))
    (path,) = tmp_path.iterdir()
    records = ScalarRecords(["ours"])
    for step in range(3):
        writer.add_event(Event(wall_time=1.0, step=step, file_version=f"theirs {step}"))
        writer.flush()
        append(path, records.encode([step], [1.0], np.array([[step]])).tobytes())
    writer.close()
    kinds = [event.file_version or event.summary.value[0].tag for event in events(path)]
    assert kinds == ["theirs 0", "ours", "theirs 1", "ours", "theirs 2", "ours"]


def test_both_of_tensorboards_loaders_read_them(event_file):
    append(event_file, ScalarRecords(["a/ö", "b"]).encode([7, 8], [1.0, 2.0], np.eye(2)).tobytes())
    accumulated = EventAccumulator(str(event_file)).Reload()
    assert [(p.step, p.wall_time, p.value) for p in accumulated.Scalars("a/ö")] == [
        (7, 1.0, 1.0),
        (8, 2.0, 0.0),
    ]
    assert len(list(EventFileLoader(str(event_file)).Load())) == 3
