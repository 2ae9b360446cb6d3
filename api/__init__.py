"""The HTTP API: what other systems start and drive cases with.

One folder a resource (endpoints, schemas, presenters); ``http`` and ``identity`` are for all of them.
"""
