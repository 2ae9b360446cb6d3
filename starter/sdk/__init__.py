"""The HTTP client for other systems' backends. What they use of it stands in ``starter`` itself.

Nothing here knows the engine: only HTTP, so that a client may be older or newer than the server it talks to.
``calls`` says what each call sends and how its answer is read; ``talk`` says when it is sent again; ``client`` and
``async_client`` only carry that out.
"""
