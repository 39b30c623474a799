"""The first schema

Revision ID: 0001
Revises: 
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('pool_id', sa.String(length=64), nullable=True),
    sa.Column('event', sa.String(length=64), nullable=False),
    sa.Column('outcome', sa.String(length=64), nullable=False),
    sa.Column('sub', sa.String(length=36), nullable=True),
    sa.Column('client_id', sa.String(length=128), nullable=True),
    sa.Column('address', sa.String(length=64), nullable=True),
    sa.Column('request_id', sa.String(length=36), nullable=True),
    sa.Column('detail', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.create_index('ix_audit_pool_id', ['pool_id', 'at'], unique=False)

    op.create_table('deliveries',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('sealed', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('claimed_until', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deliveries'))
    )
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.create_index('ix_deliveries_due_at', ['due_at'], unique=False)

    op.create_table('ephemeral',
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('key', sa.String(length=320), nullable=False),
    sa.Column('value', sa.Text(), nullable=True),
    sa.Column('count', sa.BigInteger(), nullable=True),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'key', name=op.f('pk_ephemeral'))
    )
    with op.batch_alter_table('ephemeral', schema=None) as batch_op:
        batch_op.create_index('ix_ephemeral_expires_at', ['expires_at'], unique=False)

    op.create_table('installation',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_installation'))
    )
    op.create_table('outbox',
    sa.Column('id', sa.Integer().with_variant(sa.BigInteger(), 'postgresql'), autoincrement=True, nullable=False),
    sa.Column('channel', sa.String(length=8), nullable=False),
    sa.Column('recipient', sa.String(length=2048), nullable=False),
    sa.Column('document', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    op.create_table('pools',
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.String(length=12), nullable=False),
    sa.Column('region', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.Column('settings', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('extensions', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('pool_id', name=op.f('pk_pools'))
    )
    with op.batch_alter_table('pools', schema=None) as batch_op:
        batch_op.create_index('ix_pools_account', ['account_id', 'region', 'pool_id'], unique=False)

    op.create_table('authorization_codes',
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('client_id', sa.String(length=128), nullable=False),
    sa.Column('sub', sa.String(length=36), nullable=False),
    sa.Column('document', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('origin_jti', sa.String(length=36), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('used_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['pool_id'], ['pools.pool_id'], name=op.f('fk_authorization_codes_pool_id_pools'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_authorization_codes'))
    )
    with op.batch_alter_table('authorization_codes', schema=None) as batch_op:
        batch_op.create_index('ix_authorization_codes_expires_at', ['expires_at'], unique=False)

    op.create_table('clients',
    sa.Column('client_id', sa.String(length=128), nullable=False),
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.Column('settings', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('extensions', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['pool_id'], ['pools.pool_id'], name=op.f('fk_clients_pool_id_pools'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('client_id', name=op.f('pk_clients'))
    )
    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.create_index('ix_clients_pool_id', ['pool_id', 'client_id'], unique=False)

    op.create_table('domains',
    sa.Column('domain', sa.String(length=255), nullable=False),
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('custom', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['pool_id'], ['pools.pool_id'], name=op.f('fk_domains_pool_id_pools'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('domain', name=op.f('pk_domains'))
    )
    with op.batch_alter_table('domains', schema=None) as batch_op:
        batch_op.create_index('ix_domains_pool_id', ['pool_id'], unique=False)

    op.create_table('groups',
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.Column('description', sa.String(length=2048), nullable=True),
    sa.Column('role_arn', sa.String(length=2048), nullable=True),
    sa.Column('precedence', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['pool_id'], ['pools.pool_id'], name=op.f('fk_groups_pool_id_pools'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('pool_id', 'name', name=op.f('pk_groups'))
    )
    op.create_table('signing_keys',
    sa.Column('kid', sa.String(length=64), nullable=False),
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('purpose', sa.String(length=16), nullable=False),
    sa.Column('algorithm', sa.String(length=16), nullable=False),
    sa.Column('sealed_pem', sa.Text(), nullable=False),
    sa.Column('public_jwk', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('signs_from', sa.BigInteger(), nullable=False),
    sa.Column('published_until', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['pool_id'], ['pools.pool_id'], name=op.f('fk_signing_keys_pool_id_pools'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('kid', name=op.f('pk_signing_keys'))
    )
    with op.batch_alter_table('signing_keys', schema=None) as batch_op:
        batch_op.create_index('ix_signing_keys_pool_id', ['pool_id'], unique=False)

    op.create_table('token_sessions',
    sa.Column('origin_jti', sa.String(length=36), nullable=False),
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('client_id', sa.String(length=128), nullable=False),
    sa.Column('sub', sa.String(length=36), nullable=False),
    sa.Column('sid', sa.String(length=64), nullable=True),
    sa.Column('document', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('auth_time', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['pool_id'], ['pools.pool_id'], name=op.f('fk_token_sessions_pool_id_pools'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('origin_jti', name=op.f('pk_token_sessions'))
    )
    with op.batch_alter_table('token_sessions', schema=None) as batch_op:
        batch_op.create_index('ix_token_sessions_expires_at', ['expires_at'], unique=False)
        batch_op.create_index('ix_token_sessions_user', ['pool_id', 'sub'], unique=False)

    op.create_table('users',
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('sub', sa.String(length=36), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('attributes', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('password_set_at', sa.BigInteger(), nullable=True),
    sa.Column('sessions_valid_after', sa.BigInteger(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['pool_id'], ['pools.pool_id'], name=op.f('fk_users_pool_id_pools'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('pool_id', 'sub', name=op.f('pk_users'))
    )
    op.create_table('client_secrets',
    sa.Column('secret_id', sa.String(length=36), nullable=False),
    sa.Column('client_id', sa.String(length=128), nullable=False),
    sa.Column('sealed', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['clients.client_id'], name=op.f('fk_client_secrets_client_id_clients'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('secret_id', name=op.f('pk_client_secrets'))
    )
    with op.batch_alter_table('client_secrets', schema=None) as batch_op:
        batch_op.create_index('ix_client_secrets_client_id', ['client_id'], unique=False)

    op.create_table('group_members',
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.Column('sub', sa.String(length=36), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['pool_id', 'name'], ['groups.pool_id', 'groups.name'], name='fk_group_members_group', ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['pool_id', 'sub'], ['users.pool_id', 'users.sub'], name='fk_group_members_user', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('pool_id', 'name', 'sub', name=op.f('pk_group_members'))
    )
    with op.batch_alter_table('group_members', schema=None) as batch_op:
        batch_op.create_index('ix_group_members_user', ['pool_id', 'sub'], unique=False)

    op.create_table('password_history',
    sa.Column('id', sa.Integer().with_variant(sa.BigInteger(), 'postgresql'), autoincrement=True, nullable=False),
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('sub', sa.String(length=36), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['pool_id', 'sub'], ['users.pool_id', 'users.sub'], name='fk_password_history_user', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_password_history'))
    )
    with op.batch_alter_table('password_history', schema=None) as batch_op:
        batch_op.create_index('ix_password_history_user', ['pool_id', 'sub', 'id'], unique=False)

    op.create_table('refresh_tokens',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('origin_jti', sa.String(length=36), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('used_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['origin_jti'], ['token_sessions.origin_jti'], name=op.f('fk_refresh_tokens_origin_jti_token_sessions'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['pool_id'], ['pools.pool_id'], name=op.f('fk_refresh_tokens_pool_id_pools'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_refresh_tokens'))
    )
    with op.batch_alter_table('refresh_tokens', schema=None) as batch_op:
        batch_op.create_index('ix_refresh_tokens_origin_jti', ['origin_jti'], unique=False)

    op.create_table('user_identifiers',
    sa.Column('pool_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('value', sa.String(length=320), nullable=False),
    sa.Column('sub', sa.String(length=36), nullable=False),
    sa.ForeignKeyConstraint(['pool_id', 'sub'], ['users.pool_id', 'users.sub'], name='fk_user_identifiers_user', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('pool_id', 'kind', 'value', name=op.f('pk_user_identifiers'))
    )
    with op.batch_alter_table('user_identifiers', schema=None) as batch_op:
        batch_op.create_index('ix_user_identifiers_sub', ['pool_id', 'sub'], unique=False)

    # The configuration version that every change of configuration raises.
    op.execute("INSERT INTO installation (name, value) VALUES ('configuration_version', '1')")


def downgrade() -> None:
    with op.batch_alter_table('user_identifiers', schema=None) as batch_op:
        batch_op.drop_index('ix_user_identifiers_sub')

    op.drop_table('user_identifiers')
    with op.batch_alter_table('refresh_tokens', schema=None) as batch_op:
        batch_op.drop_index('ix_refresh_tokens_origin_jti')

    op.drop_table('refresh_tokens')
    with op.batch_alter_table('password_history', schema=None) as batch_op:
        batch_op.drop_index('ix_password_history_user')

    op.drop_table('password_history')
    with op.batch_alter_table('group_members', schema=None) as batch_op:
        batch_op.drop_index('ix_group_members_user')

    op.drop_table('group_members')
    with op.batch_alter_table('client_secrets', schema=None) as batch_op:
        batch_op.drop_index('ix_client_secrets_client_id')

    op.drop_table('client_secrets')
    op.drop_table('users')
    with op.batch_alter_table('token_sessions', schema=None) as batch_op:
        batch_op.drop_index('ix_token_sessions_user')
        batch_op.drop_index('ix_token_sessions_expires_at')

    op.drop_table('token_sessions')
    with op.batch_alter_table('signing_keys', schema=None) as batch_op:
        batch_op.drop_index('ix_signing_keys_pool_id')

    op.drop_table('signing_keys')
    op.drop_table('groups')
    with op.batch_alter_table('domains', schema=None) as batch_op:
        batch_op.drop_index('ix_domains_pool_id')

    op.drop_table('domains')
    with op.batch_alter_table('clients', schema=None) as batch_op:
        batch_op.drop_index('ix_clients_pool_id')

    op.drop_table('clients')
    with op.batch_alter_table('authorization_codes', schema=None) as batch_op:
        batch_op.drop_index('ix_authorization_codes_expires_at')

    op.drop_table('authorization_codes')
    with op.batch_alter_table('pools', schema=None) as batch_op:
        batch_op.drop_index('ix_pools_account')

    op.drop_table('pools')
    op.drop_table('outbox')
    op.drop_table('installation')
    with op.batch_alter_table('ephemeral', schema=None) as batch_op:
        batch_op.drop_index('ix_ephemeral_expires_at')

    op.drop_table('ephemeral')
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.drop_index('ix_deliveries_due_at')

    op.drop_table('deliveries')
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_pool_id')

    op.drop_table('audit')
