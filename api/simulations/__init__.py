"""Scenarios played on the real engine with skipped time (推演)."""
