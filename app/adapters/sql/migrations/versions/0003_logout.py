"""Consents, and which clients took part in which browser session

Revision ID: 0003_logout
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_logout"
down_revision = "0002_grants"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("sub", sa.String(length=36), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("scope", sa.String(length=256), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.client_id"], name="fk_consents_client", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id", "sub"], ["users.pool_id", "users.sub"], name="fk_consents_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pool_id", "sub", "client_id", "scope", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_client_id", "consents", ["client_id"])
    op.create_table(
        "session_clients",
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("sub", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pools.pool_id"], name=op.f("fk_session_clients_pool_id_pools"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pool_id", "sid", "client_id", name=op.f("pk_session_clients")),
    )
    op.create_index("ix_session_clients_user", "session_clients", ["pool_id", "sub"])
    op.create_index("ix_session_clients_expires_at", "session_clients", ["expires_at"])


def downgrade() -> None:
    op.drop_table("session_clients")
    op.drop_table("consents")
