"""SRP verifiers beside password hashes

Revision ID: 0007_srp
Revises: 0006_factor_tables
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_srp"
down_revision = "0006_factor_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("srp", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "srp")
