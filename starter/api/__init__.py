"""The HTTP door: what other systems start and drive requests with. One module a group of endpoints."""
