"""Who presents a login? ``verifying.py`` is the one way from a token to a ``VerifiedLogin``, with a file for each kind of proof."""
