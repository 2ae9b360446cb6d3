"""The worker: carries cases forward. Run as many as you like; stop them whenever you like."""
