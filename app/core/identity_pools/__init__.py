"""Identity pools: any login, or none, becomes an identity, and an identity becomes temporary credentials of a role.

``identity_pools`` blueprints call it. The story of a call is in ``service.py``: ``logins`` verifies each login -> ``resolving.py``
finds, makes or merges the identity -> ``sessions`` chooses the role and says what a session may be -> the role's trust policy is
asked -> a ``CredentialBroker`` vends. ``open_id.py`` has the tokens of the basic flow, ``web_identities.py`` reads them for STS.
"""
