"""The embedded stack: a real PostgreSQL and a real Temporal on this machine, with nothing to install."""
