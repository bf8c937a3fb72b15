"""The one error that is the reader's, not the program's; and how a program ends that was told to."""

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C has ended
TERMINATED = 143  # and of one that SIGTERM has


class InputError(ValueError):
    """Input that makes no sense here: one sentence that names the value and the choices.

    Commands print it and exit with status 2. Any other ValueError is a defect, and keeps its traceback.
    """
