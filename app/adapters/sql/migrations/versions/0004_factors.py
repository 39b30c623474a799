"""A user's second factors, and values that wait for verification

Revision ID: 0004_factors
Revises: 0003_logout
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004_factors"
down_revision = "0003_logout"
branch_labels = None
depends_on = None

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("users", sa.Column("mfa", _DOCUMENT, nullable=True))
    op.add_column("users", sa.Column("pending", _DOCUMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("users", "pending")
    op.drop_column("users", "mfa")
