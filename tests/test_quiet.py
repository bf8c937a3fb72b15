import logging
import re
import warnings

import pytest

from zoo.quiet import hush

LOGGERS = ("lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero")
# As Lightning 2.6, torch 2.9 and their writers say it.
CHATTER = [
    "The 'train_dataloader' does not have many workers which may be a bottleneck.",
    "GPU available but not used. You can set it by doing `Trainer(accelerator='gpu')`.",
    "The number of training batches (1) is smaller than the logging interval Trainer(log_every_n_steps=50).",
    "`isinstance(treespec, LeafSpec)` is deprecated, use `isinstance(treespec, TreeSpec)` instead.",
    "You defined a `validation_step` but have no `val_dataloader`. Skipping val loop.",
    "LightningCLI's args parameter is intended to run from within Python like if it were from the shell.",
]
MATTERS = [
    (UserWarning, "Detected call of `lr_scheduler.step()` before `optimizer.step()`."),
    (
        UserWarning,
        "Using a target size (torch.Size([4])) that is different to the input size (torch.Size([4, 1])).",
    ),
    (RuntimeWarning, "overflow encountered in exp"),
    (UserWarning, "NaN or Inf found in input tensor."),
    (DeprecationWarning, "our own function will go"),
]


@pytest.fixture(autouse=True)
def _hushed():
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hush()
        yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("message", CHATTER)
def test_chatter_is_not_heard(message):
    warnings.warn(message, UserWarning, stacklevel=1)


@pytest.mark.parametrize(("category", "message"), MATTERS)
def test_a_warning_that_matters_is_heard(category, message):
    with pytest.raises(category, match=re.escape(message)):
        warnings.warn(message, category, stacklevel=1)


@pytest.mark.parametrize("name", LOGGERS)
def test_tips_are_not_logged_and_warnings_are(name):
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    assert logging.getLogger(name).isEnabledFor(logging.WARNING)
