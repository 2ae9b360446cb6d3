"""``python -m worker``: the process that ``shareflow worker`` runs."""

import sys

from configuration.extra import exit_without_engine
from configuration.process import load_undisturbed

exit_without_engine("The worker")  # before what the engine stands on is imported, and is perhaps not there
load_undisturbed()

from worker.running import main  # noqa: E402

sys.exit(main())
