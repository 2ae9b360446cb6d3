"""Checking a dossier: one file a check, each on the ground of the ones before."""
