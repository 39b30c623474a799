"""The API of identity pools (``cognito-identity``, JSON 1.1): families of operations over the rooms of ``core/identity_pools``."""
