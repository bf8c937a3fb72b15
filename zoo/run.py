"""One model, trained once: what a config becomes."""

import math
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import lightning as L
from jsonargparse import Namespace

ModelT = TypeVar("ModelT", bound=L.LightningModule)
CallbackT = TypeVar("CallbackT", bound=L.Callback)


@dataclass
class Run(Generic[ModelT]):
    """A variant of the config, at one seed.

    Attributes:
        variant: the name of the variant in the config.
        repeat: 0 for the variant's first seed, which is the one that TensorBoard shows.
        seed: what the weights, the data order and the noise of this run follow from.
        config: the resolved config of this run.
        model, datamodule, trainer: what was built from it; nothing has been trained yet.
    """

    variant: str
    repeat: int
    seed: int
    config: Namespace
    model: ModelT
    datamodule: L.LightningDataModule
    trainer: L.Trainer

    @property
    def optimizer(self) -> dict[str, Any]:
        """The optimizer's settings, defaults included: ``{"name": "SGD", "lr": 0.1, "momentum": 0.0, …}``."""
        optimizer = self.model.configure_optimizers()
        return {"name": type(optimizer).__name__, **optimizer.defaults}  # type: ignore[union-attr]

    @property
    def steps(self) -> float:
        """K, how many steps of the optimizer the Trainer takes if nothing stops it; infinity without a limit.

        Lightning's own estimate needs the Trainer to have its data already, which it gets only when it fits.
        """
        trainer, batches = self.trainer, len(self.datamodule.train_dataloader())
        limit = trainer.limit_train_batches
        batches = min(batches, limit) if isinstance(limit, int) else int(batches * limit)
        an_epoch = math.ceil(batches / trainer.accumulate_grad_batches)
        epochs = math.inf if trainer.max_epochs in (None, -1) else trainer.max_epochs
        steps = an_epoch * epochs if an_epoch else 0
        return steps if trainer.max_steps == -1 else min(steps, trainer.max_steps)

    def callback(self, kind: type[CallbackT]) -> CallbackT:
        """The run's callback of that class.

        Raises:
            LookupError: the experiment has none.
        """
        for callback in self.trainer.callbacks:  # type: ignore[attr-defined]
            if isinstance(callback, kind):
                return callback
        raise LookupError(f"run {self.variant} has no {kind.__name__}")

    def fit(self) -> None:
        """Train, from this run's own seed whatever ran before it, and bring the model back to the CPU."""
        L.seed_everything(self.seed, verbose=False)
        self.trainer.fit(self.model, datamodule=self.datamodule)
        self.model.cpu()  # where scripts compare it with what was predicted
