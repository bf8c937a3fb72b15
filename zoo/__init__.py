"""calculus-zoo: the calculus behind deep learning, measured.

What a learner reads, a practitioner imports and an experiment is made of:

    zoo.calculus     functions and their derivatives by hand
    zoo.theory       predictions: numbers in, numbers out, no training
    zoo.differentiation  six ways to differentiate a program
    zoo.diagnostics  callbacks for anyone's LightningModule
    zoo.models       networks, an architecture a file
    zoo.data         data that is there without a download
    zoo.training     the LightningModules that experiments share
    zoo.verdict      what calculus predicts, what was measured, whether it holds

What carries an experiment from its config to its report:

    zoo.lesson       Lesson: variants, predictions announced, verdicts reported
    zoo.measuring    MeasurementCLI: a lesson in which nothing is trained
    zoo.cli          ExperimentCLI: a lesson that trains its runs
    zoo.building     RunsCLI, under it: parses, seeds and builds the runs
    zoo.precedence   which setting wins: typed, variant, file
    zoo.run          one model, trained once: its seed, its data, its Trainer
    zoo.conditions   what laws assume of a run, and refuse in one sentence where it is not so
    zoo.profiles     what theory predicts of a zoo.models.MLP, and how far it may stray
    zoo.seen         claims that nobody has derived: where they were seen to hold
    zoo.report       verdicts on the terminal, in a file and in TensorBoard
    zoo.claims       what verdicts say of a claim; zoo.ledger has the claims of the text
    zoo.hparams      TensorBoard's table of the runs
    zoo.figures      one style for all figures
    zoo.progress     one progress bar for all runs
    zoo.complaints   what a parser says of bad input, made one sentence
    zoo.errors       InputError: such a sentence, raised
    zoo.quiet        what is kept out of a learner's sight

The ``zoo`` command, in zoo.__main__: zoo.catalogue (which experiments there are), zoo.tour,
zoo.board, zoo.versions (the folders of runs).

Importing ``zoo`` imports none of this, so that ``zoo list`` answers at once.
"""

__version__ = "0.1.0"
