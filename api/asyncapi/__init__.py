"""The description of all events, out and in (AsyncAPI 3.0), made from the models that carry them.

``python -m api.asyncapi --check`` holds ``docs/api/asyncapi.json`` to it, ``--write`` renews it.
"""
