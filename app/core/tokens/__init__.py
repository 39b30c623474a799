"""Authorization codes, token sets, refresh families, revocation, verification of our own tokens.

``model.py`` the values; ``claims.py`` what stands in a token; ``issue.py`` mints; ``continuation.py`` may this family go on?
The token-session row is the truth about a session; codes and refresh tokens are hashed tombstones around it.
"""
