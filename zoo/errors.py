"""The one error that is the reader's, not the program's."""


class InputError(ValueError):
    """Input that makes no sense here: one sentence that names the value and the choices.

    Commands print it and exit with status 2. Any other ValueError is a defect, and keeps its traceback.
    """
