"""What users are found by

Revision ID: 0008_user_search
Revises: 0007_srp
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008_user_search"
down_revision = "0007_srp"
branch_labels = None
depends_on = None

_BATCH = 1000
_FOLDED = ("email", "phone_number", "name", "given_name", "family_name", "preferred_username")
_VALUE = sa.String(length=128).with_variant(sa.String(length=128, collation="C"), "postgresql")
_SUB = sa.String(length=36).with_variant(sa.String(length=36, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "user_search",
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", _VALUE, nullable=False),
        sa.Column("sub", _SUB, nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id", "sub"], ["users.pool_id", "users.sub"], name="fk_user_search_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pool_id", "name", "value", "sub", name=op.f("pk_user_search")),
    )
    op.create_index("ix_user_search_user", "user_search", ["pool_id", "sub"])
    _fill(op.get_bind())


def downgrade() -> None:
    op.drop_table("user_search")


def _fill(connection: sa.Connection) -> None:
    attributes = sa.JSON().with_variant(JSONB(), "postgresql")
    users = sa.table(
        "users", sa.column("pool_id"), sa.column("sub"), sa.column("username"), sa.column("status"),
        sa.column("enabled", sa.Boolean()), sa.column("attributes", attributes),
    )
    search = sa.table("user_search", *map(sa.column, ("pool_id", "name", "value", "sub")))
    last = ("", "")
    while True:
        batch = (
            sa.select(users)
            .where(sa.tuple_(users.c.pool_id, users.c.sub) > sa.tuple_(*last))
            .order_by(users.c.pool_id, users.c.sub)
            .limit(_BATCH)
        )
        rows = connection.execute(batch).all()
        found = [
            {"pool_id": row.pool_id, "name": name, "value": value[:128], "sub": row.sub}
            for row in rows
            for name, value in _values(row)
        ]
        if found:
            connection.execute(sa.insert(search), found)
        if len(rows) < _BATCH:
            return
        last = (rows[-1].pool_id, rows[-1].sub)


def _values(row: Any) -> Iterator[tuple[str, str]]:
    yield "username", row.username
    yield "cognito:user_status", row.status.lower()
    yield "status", "Enabled" if row.enabled else "Disabled"
    for name in _FOLDED:
        value = row.attributes.get(name)
        if value:
            yield name, value.lower()
