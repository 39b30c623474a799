"""Identity pools: any login, or none, becomes an identity, and an identity becomes temporary credentials of a role.

``identity_pools`` blueprints call it. The story of a call: ``logins.py`` verifies each login -> the identity is found, made or merged
-> ``roles.py`` chooses the role (pure) -> the role's trust policy is asked -> a ``CredentialBroker`` vends.
"""
