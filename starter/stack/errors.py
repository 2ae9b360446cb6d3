"""What can go wrong with the embedded stack."""


class StackError(Exception):
    """The stack cannot start; the message is one plain sentence that says how to mend it."""
