"""Run by Alembic: applies the migrations on the connection that ``ledger.schema.migrate`` opened."""

from alembic import context

from ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
# The caller's transaction is already open and commits; this only groups the migrations.
with context.begin_transaction():
    context.run_migrations()
