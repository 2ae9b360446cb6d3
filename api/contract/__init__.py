"""The HTTP API's promise to its callers: the committed OpenAPI document, and what may not change in it unnoticed.

``python -m api.contract --check`` holds the application to ``docs/api/openapi.json``.
"""
