"""Signing keys: which key signs now, which still verify, when to rotate, what JWKS publishes."""
