"""The whole engine in one folder: to run it, to play cases on it, to test against it."""
