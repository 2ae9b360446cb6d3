"""Audit (审计): what proves, without trusting whoever runs the engine, that a record is as it was.

Nothing here speaks with a database, a network or Temporal: an auditor's laptop carries all of it.
"""
