"""The worker, which runs cases. Any number of workers may run, and may be stopped at any time."""
