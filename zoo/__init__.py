"""calculus-zoo: the calculus behind deep learning, measured.

A run goes through these rooms, top to bottom; each imports only what stands below it.

    zoo.cli          ExperimentCLI: from a config to runs, predictions and a report
    zoo.run          one model, trained once: its seed, its data, its Trainer
    zoo.verdict      what calculus predicts, what was measured, whether it holds
    zoo.diagnostics  callbacks for anyone's LightningModule
    zoo.training     the LightningModules that experiments share
    zoo.models       networks, an architecture a file
    zoo.data         data that is there without a download
    zoo.theory       predictions: numbers in, numbers out, no training
    zoo.calculus     functions and their derivatives by hand

Importing ``zoo`` imports none of them, so that ``zoo list`` answers at once.
"""

__version__ = "0.1.0"
