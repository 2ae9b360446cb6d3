"""How workflow activations are run, by workers and replays alike: on which thread, for how long, without idle work."""
