"""``python -m worker``: the process that ``shareflow worker`` runs."""

import sys

from configuration.extra import exit_without_engine

exit_without_engine("The worker")  # before what the engine stands on is imported, and is perhaps not there

from worker.running import main  # noqa: E402

sys.exit(main())
