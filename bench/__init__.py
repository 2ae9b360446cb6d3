"""Measurements; the figures of the README come from here."""
