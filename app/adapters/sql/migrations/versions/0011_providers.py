"""OpenID Connect and SAML providers that roles trust

Revision ID: 0011_providers
Revises: 0010_identity_pools
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011_providers"
down_revision = "0010_identity_pools"
branch_labels = None
depends_on = None

_Document = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "oidc_providers",
        sa.Column("arn", sa.String(320), nullable=False),
        sa.Column("account_id", sa.String(12), nullable=False),
        sa.Column("url", sa.String(256), nullable=False),
        sa.Column("client_ids", _Document, nullable=False),
        sa.Column("thumbprints", _Document, nullable=False),
        sa.Column("tags", _Document, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("arn", name=op.f("pk_oidc_providers")),
    )
    op.create_index("ix_oidc_providers_account", "oidc_providers", ["account_id", "arn"])
    op.create_table(
        "saml_providers",
        sa.Column("arn", sa.String(320), nullable=False),
        sa.Column("account_id", sa.String(12), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("provider_id", sa.String(36), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("tags", _Document, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("arn", name=op.f("pk_saml_providers")),
    )
    op.create_index("ix_saml_providers_account", "saml_providers", ["account_id", "arn"])


def downgrade() -> None:
    op.drop_table("saml_providers")
    op.drop_table("oidc_providers")
