"""What is in deploy/."""

from pathlib import Path

from tests.cli.conftest import new_database, shareflow
from tests.ledger.conftest import resolve, steps

__all__ = ["DEPLOY", "new_database", "resolve", "shareflow", "steps"]

DEPLOY = Path(__file__).parents[2] / "deploy"
