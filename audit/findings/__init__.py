"""Findings (审计发现): what a record itself shows to be against the text, each kind by a small function of its own."""
