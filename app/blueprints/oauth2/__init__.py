"""OAuth 2.0 and OpenID Connect. Authlib checks requests, the core mints, one file per endpoint renders.

``routes.py`` is where the endpoints are put on their paths; ``server.py`` is Authlib's server, one for all pools;
``surroundings.py`` names everything these endpoints need from outside.
"""
