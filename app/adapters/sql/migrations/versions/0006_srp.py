"""SRP verifiers beside password hashes

Revision ID: 0006_srp
Revises: 0005_pooladmin
"""

import sqlalchemy as sa
from alembic import op

revision = "0006_srp"
down_revision = "0005_pooladmin"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("srp", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "srp")
