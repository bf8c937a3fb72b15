import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from zoo.diagnostics import GradientNormMonitor, Monitor
from zoo.diagnostics.monitor import BLOCK, LATEST


class Counter(Monitor):
    """How often it was called, as anyone's own monitor."""

    charts = {"Counts": {"all": ["^count$"]}}  # noqa: RUF012

    def reset(self):
        super().reset()
        self.counts, self.digests = [], 0

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.record(trainer, torch.tensor([float(batch_idx)]))

    def digest(self, rows):
        self.counts += rows[:, 0].tolist()
        self.digests += 1
        return {"count": np.ma.array(rows[:, 0])}


def layer():
    return nn.Linear(1, 1)


def output(network, x):
    return network(x).sum()


def test_points_are_logged_in_blocks_and_the_rest_at_the_end(task, fit, tensorboard, events):
    monitor, count = Counter(), 2 * BLOCK + 7
    fit(task(layer(), output), monitor, data=torch.ones(count, 1), logger=tensorboard)
    assert monitor.digests == 3
    assert monitor.counts == list(range(count))
    points = events().Scalars("count")
    assert [point.value for point in points] == list(range(count))
    assert [point.step for point in points] == monitor.steps == list(range(1, count + 1))


def test_points_are_logged_when_they_have_waited_for_half_a_minute(task, fit, monkeypatch):
    clock = iter(np.arange(1000) * (LATEST / 4 + 0.01))
    monkeypatch.setattr("zoo.diagnostics.monitor.time.time", lambda: next(clock))
    monitor = Counter()
    fit(task(layer(), output), monitor, data=torch.ones(11, 1))
    assert monitor.digests == 3  # of five records, five, and the last


def test_to_read_an_attribute_reads_what_is_still_on_the_device(task, fit):
    class Reads(task):
        seen = []  # noqa: RUF012

        def on_train_batch_end(self, outputs, batch, batch_idx):
            self.seen.append(len(self.trainer.callbacks[0].norms["network"]))

    module = Reads(layer(), output)
    fit(module, GradientNormMonitor(), data=torch.ones(3, 1))
    assert module.seen == [1, 2, 3]


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, KeyboardInterrupt])
def test_what_ends_training_loses_no_record(task, fit, tensorboard, events, error):
    class Ends(task):
        def on_train_batch_start(self, batch, batch_idx):
            if batch_idx == 3:
                raise error("on purpose")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises((error, SystemExit)):
        fit(Ends(layer(), output), GradientNormMonitor(), data=torch.ones(9, 1), logger=tensorboard)
    signal.signal(signal.SIGINT, before)  # Lightning has shut its ears to Ctrl-C once it has heard one
    written = EventAccumulator(tensorboard.log_dir).Reload()
    assert [point.step for point in written.Scalars("grad_norm/network")] == [0, 1, 2]


KILLED = """
import sys, time, lightning as L, torch
from lightning.pytorch.loggers import TensorBoardLogger
from zoo.diagnostics import GradientNormMonitor
class Module(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
    def training_step(self, batch, batch_idx):
        if batch_idx == 130:
            print("ready", flush=True)
            time.sleep(600)
        return self.layer(batch).sum()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)
quiet = dict.fromkeys(["enable_progress_bar", "enable_checkpointing", "enable_model_summary"], False)
logger = TensorBoardLogger(sys.argv[1])
trainer = L.Trainer(accelerator="cpu", logger=logger, callbacks=[GradientNormMonitor()], **quiet)
trainer.fit(Module(), torch.utils.data.DataLoader(torch.ones(200, 1)))
"""


def test_kill_9_loses_at_most_the_block_that_was_being_filled(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 120
        while process.stdout.readline().strip() != "ready":
            assert time.monotonic() < deadline
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    (folder,) = tmp_path.glob("lightning_logs/version_0")
    steps = [point.step for point in EventAccumulator(str(folder)).Reload().Scalars("grad_norm/layer")]
    assert steps == list(range(len(steps)))
    assert len(steps) >= 130 // BLOCK * BLOCK
