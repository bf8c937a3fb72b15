"""What is kept out of a learner's sight: remarks of the tools about themselves. Warnings that matter stay."""

import logging
import warnings

# Each is the beginning of a message, with the reason why it says nothing about the experiment.
_CHATTER = (
    r".*does not have many workers",  # the data is in memory: workers would only cost time
    r"GPU available but not used",  # the accelerator is the user's choice
    r"The number of training batches .* is smaller than the logging interval",  # an epoch may be one batch
    r"You defined a `validation_step` but have no `val_dataloader`",  # only training is measured
    r"LightningCLI's args parameter is intended",  # a script's main() is called with arguments on purpose
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",  # Lightning has yet to follow torch
    r"\s*(By default only one Jsonargparse|``instantiate_classes`` was|skip_none parameter was)",
)


def hush() -> None:
    """Silence Lightning's and torch's chatter in this process."""
    for name in ("lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in _CHATTER:
        warnings.filterwarnings("ignore", message=message)
