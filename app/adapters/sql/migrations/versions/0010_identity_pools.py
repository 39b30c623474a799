"""Roles, revoked sessions, identity pools and their identities

Revision ID: 0010_identity_pools
Revises: 0009_session_activity
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010_identity_pools"
down_revision = "0009_session_activity"
branch_labels = None
depends_on = None

_Document = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "roles",
        sa.Column("account_id", sa.String(12), nullable=False),
        sa.Column("folded", sa.String(64), nullable=False),
        sa.Column("arn", sa.String(640), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("role_id", sa.String(32), nullable=False),
        sa.Column("path", sa.String(512), nullable=False),
        sa.Column("description", sa.String(1000), nullable=False),
        sa.Column("trust", _Document, nullable=False),
        sa.Column("policies", _Document, nullable=False),
        sa.Column("max_session_seconds", sa.Integer(), nullable=False),
        sa.Column("tags", _Document, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "folded", name=op.f("pk_roles")),
    )
    op.create_index("ix_roles_arn", "roles", ["arn"], unique=True)
    op.create_table(
        "credential_cutoffs",
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("name", sa.String(640), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "name", name=op.f("pk_credential_cutoffs")),
    )
    op.create_table(
        "identity_pools",
        sa.Column("identity_pool_id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(12), nullable=False),
        sa.Column("region", sa.String(32), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("settings", _Document, nullable=False),
        sa.Column("roles", _Document, nullable=False),
        sa.Column("role_mappings", _Document, nullable=False),
        sa.Column("principal_tags", _Document, nullable=False),
        sa.Column("tags", _Document, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identity_pool_id", name=op.f("pk_identity_pools")),
    )
    op.create_index("ix_identity_pools_account", "identity_pools", ["account_id", "region", "identity_pool_id"])
    op.create_table(
        "identities",
        sa.Column("identity_id", sa.String(64), nullable=False),
        sa.Column("identity_pool_id", sa.String(64), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.String(64), nullable=True),
        sa.Column("was_authenticated", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_pool_id"],
            ["identity_pools.identity_pool_id"],
            ondelete="CASCADE",
            name=op.f("fk_identities_identity_pool_id_identity_pools"),
        ),
        sa.PrimaryKeyConstraint("identity_id", name=op.f("pk_identities")),
    )
    op.create_index("ix_identities_pool", "identities", ["identity_pool_id", "identity_id"])
    op.create_table(
        "identity_logins",
        sa.Column("identity_pool_id", sa.String(64), nullable=False),
        sa.Column("provider", sa.String(256), nullable=False),
        sa.Column("subject", sa.String(1024), nullable=False),
        sa.Column("identity_id", sa.String(64), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["identities.identity_id"],
            ondelete="CASCADE",
            name=op.f("fk_identity_logins_identity_id_identities"),
        ),
        sa.PrimaryKeyConstraint("identity_pool_id", "provider", "subject", name=op.f("pk_identity_logins")),
    )
    op.create_index("ix_identity_logins_identity", "identity_logins", ["identity_id", "provider", "subject"])
    op.create_table(
        "issuer_keys",
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("pool_id", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("algorithm", sa.String(16), nullable=False),
        sa.Column("sealed_pem", sa.Text(), nullable=False),
        sa.Column("public_jwk", _Document, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("signs_from", sa.BigInteger(), nullable=False),
        sa.Column("published_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_issuer_keys")),
    )
    op.create_index("ix_issuer_keys_pool_id", "issuer_keys", ["pool_id"])


def downgrade() -> None:
    for name in ("issuer_keys", "identity_logins", "identities", "identity_pools", "credential_cutoffs", "roles"):
        op.drop_table(name)
