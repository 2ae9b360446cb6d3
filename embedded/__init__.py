"""The whole engine in one folder and one process: to run it, to play cases on it, to test against it."""
