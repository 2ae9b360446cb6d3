"""Who is measured side by side, each in a process of its own on uvloop, where that is installed.

``shareflow``: the engine's client and a worker in one process, its workflow code outside the sandbox as in production.
``worker_process``: the same client, and the worker as production runs it, with all that runs beside it.
``bare``: the same messages to workflows that count them, no activity, no database. ``lean``: the floor of the job, one
local activity a message that writes the same rows in one statement. ``dbos``: one DBOS workflow a case that waits for
each message and writes the same rows.
"""
