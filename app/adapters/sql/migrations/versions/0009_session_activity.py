"""Where and when a token session was last seen

Revision ID: 0009_session_activity
Revises: 0008_user_search
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_session_activity"
down_revision = "0008_user_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("token_sessions", sa.Column("active_at", sa.BigInteger(), nullable=True))
    op.add_column("token_sessions", sa.Column("address", sa.String(64), nullable=True))
    op.add_column("token_sessions", sa.Column("device", sa.String(128), nullable=True))


def downgrade() -> None:
    for name in ("device", "address", "active_at"):
        op.drop_column("token_sessions", name)
