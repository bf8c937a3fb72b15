"""One of two processes: train under DDP, shard a module, and write what the instruments say."""

import json
import sys
import warnings
from pathlib import Path

import lightning as L
import torch
from lightning.pytorch.loggers import TensorBoardLogger
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.utils.data import DataLoader

from zoo.diagnostics import GradientNormMonitor, layer_gradient_norms

ROWS = torch.linspace(-1, 1, 8 * 5).view(8, 5).sin()


class Module(L.LightningModule):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.network = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 1))

    def training_step(self, batch, batch_idx):
        return self.network(batch).square().mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def trained(batch_size, **settings):
    monitor = GradientNormMonitor()
    quiet = dict.fromkeys(["enable_progress_bar", "enable_checkpointing", "enable_model_summary"], False)
    trainer = L.Trainer(accelerator="cpu", max_epochs=2, callbacks=[monitor], **quiet, **settings)
    trainer.fit(Module(), DataLoader(ROWS, batch_size=batch_size))
    return monitor.norms


def sharded(rank):
    network, mesh = Module().network, init_device_mesh("cpu", (2,))
    for layer in (network[0], network[2], network):
        fully_shard(layer, mesh=mesh)
    network(ROWS[4 * rank : 4 * rank + 4]).square().mean().backward()
    return layer_gradient_norms(network)


def whole():
    network = Module().network
    network(ROWS).square().mean().backward()
    return layer_gradient_norms(network)


def main(rank, folder):
    warnings.filterwarnings("ignore")
    found = {"alone": trained(8, logger=False), "whole": whole()}
    logger = TensorBoardLogger(folder, name=None, version="logs")
    found["together"] = trained(4, logger=logger, strategy="ddp", devices=2)
    found["sharded"] = sharded(rank)
    Path(folder, f"{rank}.json").write_text(json.dumps(found), encoding="utf-8")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
