"""Alembic's entry: takes the connection that :func:`lianyi.station.database.migrate.migrate` hands in."""

from alembic import context

from lianyi.station.database.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
