"""Alembic's entry: runs on the connection that ``app.adapters.sql.migrate`` opened."""

from alembic import context

from app.adapters.sql import (  # noqa: F401 - declares the tables
    factor_tables,
    identity_tables,
    issuer_tables,
    provider_tables,
    tables,
)
from app.adapters.sql.db import db

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=db.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
