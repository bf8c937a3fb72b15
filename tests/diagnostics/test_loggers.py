import numpy as np
import pytest
from lightning.pytorch.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from zoo.diagnostics.loggers import PointWriter

STEPS, TIMES = [3, 4, 9], [1.0, 2.0, 3.0]
POINTS = {
    "a": np.ma.array([0.5, 1.5, 2.5]),
    "b": np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False]),
    "never": np.ma.array([0.0, 0.0, 0.0], mask=True),
}
READ = {"a": [(3, 0.5), (4, 1.5), (9, 2.5)], "b": [(3, 1.0), (9, 3.0)]}


def read(folder):
    written = EventAccumulator(str(folder)).Reload()
    return {tag: [(p.step, p.value) for p in written.Scalars(tag)] for tag in written.Tags()["scalars"]}


class Tagging(TensorBoardLogger):
    """Someone's logger, which gives every metric a prefix of its own."""

    def log_metrics(self, metrics, step=None):
        super().log_metrics({f"mine/{tag}": value for tag, value in metrics.items()}, step)


def test_tensorboard_reads_every_point_that_is_not_masked(tensorboard):
    writer = PointWriter(tensorboard)
    writer.write(STEPS, TIMES, POINTS)
    writer.write([step + 10 for step in STEPS], TIMES, POINTS)
    again = {tag: [(step + 10, value) for step, value in points] for tag, points in READ.items()}
    assert read(tensorboard.log_dir) == {tag: READ[tag] + again[tag] for tag in READ}


@pytest.mark.parametrize(
    ("logger", "prefix"),
    [(lambda path: TensorBoardLogger(path, prefix="run"), "run-"), (lambda path: Tagging(path), "mine/")],
    ids=["prefix", "own log_metrics"],
)
def test_a_logger_that_changes_its_tags_is_asked_to_log_by_itself(tmp_path, logger, prefix):
    own = logger(tmp_path)
    PointWriter(own).write(STEPS, TIMES, POINTS)
    own.finalize("success")
    assert read(own.log_dir) == {prefix + tag: points for tag, points in READ.items()}


def test_what_the_logger_writes_itself_stays_whole_between_our_blocks(tensorboard):
    writer = PointWriter(tensorboard)
    for step in range(20):
        tensorboard.log_metrics({"loss": step}, step)
        writer.write([step], [1.0], {"ours": np.ma.array([float(step)])})
    tensorboard.finalize("success")
    points = [(step, step) for step in range(20)]
    assert read(tensorboard.log_dir) == {"loss": points, "ours": points}


def test_a_logger_that_was_closed_goes_on_in_its_next_file(tensorboard):
    writer = PointWriter(tensorboard)
    writer.write([0], [1.0], {"a": np.ma.array([1.0])})
    tensorboard.finalize("success")
    tensorboard.log_metrics({"b": 2.0}, 1)
    writer.write([1], [2.0], {"a": np.ma.array([2.0])})
    tensorboard.finalize("success")
    assert read(tensorboard.log_dir) == {"a": [(0, 1.0), (1, 2.0)], "b": [(1, 2.0)]}
