"""What is in deploy/."""

from pathlib import Path

from tests.cli.conftest import new_database
from tests.ledger.conftest import resolve, steps

__all__ = ["DEPLOY", "new_database", "resolve", "steps"]

DEPLOY = Path(__file__).parents[2] / "deploy"
