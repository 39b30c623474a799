"""A policy-enforcing gateway before any S3- or DynamoDB-compatible store: what is forwarded is exactly what was authorised.

``service.py`` is the way of a request: signature, caller, operation, decision, upstream. Everything that is not mapped is refused.
"""
