def main() -> None:
    """Entry point of the ``shareflow`` command."""
