import io
import itertools
from types import SimpleNamespace

import pytest
from rich.console import Console

from zoo.data import Steps
from zoo.models import Quadratic
from zoo.progress import RunsProgress, ShareDone
from zoo.training import Minimizer


def console(terminal):
    return Console(file=io.StringIO(), force_terminal=terminal, width=80)


def done(bar):
    return bar.progress.tasks[0].completed


def test_the_bar_counts_runs_and_moves_within_them():
    with RunsProgress("lesson", 2, console(terminal=True)) as bar:
        seen = [done(bar)]
        for share in (0.25, 0.5):
            bar.begin("slow")
            bar.within(share)
            seen.append(done(bar))
            bar.end()
            seen.append(done(bar))
    assert seen == [0, 0.25, 1, 1.5, 2]
    assert bar.progress.finished


def test_the_bar_names_the_experiment_and_the_run():
    with RunsProgress("lesson", 2, console(terminal=True)) as bar:
        bar.begin("slow, seed 3")
        bar.end()
        bar.progress.refresh()
        drawn = bar.progress.console.file.getvalue()
    assert "lesson" in drawn
    assert "slow, seed 3" in drawn
    assert "1/2" in drawn


def test_a_page_that_is_no_terminal_stays_empty():
    with RunsProgress("lesson", 1, console(terminal=False)) as bar:
        bar.begin("slow")
        bar.within(0.5)
        bar.end()
    assert bar.progress.console.file.getvalue() == ""


def test_the_terminal_gets_its_cursor_back_when_a_run_fails():
    bar = RunsProgress("lesson", 1, console(terminal=True))
    with pytest.raises(KeyboardInterrupt), bar:
        raise KeyboardInterrupt
    assert not bar.progress.live.is_started
    drawn = bar.progress.console.file.getvalue()
    hidden, shown = "\x1b[?25l", "\x1b[?25h"
    assert drawn.rindex(shown) > drawn.rindex(hidden)


class Recorder:
    def __init__(self):
        self.shares = []

    def within(self, share):
        self.shares.append(share)


@pytest.fixture
def share_done(monkeypatch):
    """A callback that draws at every step, since its clock goes on by a second a look."""
    monkeypatch.setattr("zoo.progress.time", SimpleNamespace(monotonic=itertools.count(1.0).__next__))
    callback = ShareDone()
    callback.bar = Recorder()
    return callback


def at(step, steps):
    return SimpleNamespace(global_step=step, estimated_stepping_batches=steps)


@pytest.mark.parametrize(
    ("step", "steps", "share"), [(1, 4, 0.25), (4, 4, 1.0), (5, 4, 1.0), (3, float("inf"), 0.0)]
)
def test_the_share_is_of_all_steps_of_the_run_and_never_above_one(share_done, step, steps, share):
    share_done.on_train_batch_end(at(step, steps))
    assert share_done.bar.shares == [share]


def test_a_real_trainer_moves_the_bar_with_every_step(share_done, trainer):
    import torch

    model = Minimizer(Quadratic([1.0], [1.0]), lambda p: torch.optim.SGD(p, lr=0.1))
    trainer(callbacks=[share_done], max_epochs=2).fit(model, Steps(2))
    assert share_done.bar.shares == [0.25, 0.5, 0.75, 1.0]


def test_the_bar_is_drawn_at_most_ten_times_a_second(monkeypatch):
    clock = iter([1.0, 1.0, 1.05, 1.09, 1.11, 1.11, 1.2])
    monkeypatch.setattr("zoo.progress.time", SimpleNamespace(monotonic=clock.__next__))
    callback = ShareDone()
    callback.bar = Recorder()
    for step in range(1, 6):
        callback.on_train_batch_end(at(step, 8))
    assert callback.bar.shares == [1 / 8, 4 / 8]


def test_without_a_bar_nothing_happens():
    ShareDone().on_train_batch_end(None)
