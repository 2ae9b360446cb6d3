"""Opening and sealing messages for Temporal's pages and command line: a codec server (remote codec)."""
