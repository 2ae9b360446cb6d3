"""How a turn of a workflow is run, by workers and by replays alike: where, how long at most, and without idle walks."""
