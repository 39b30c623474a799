"""IAM and STS over the query protocol: roles and their policies, identity providers, simulation, and who a token makes of somebody.

Wiring: ``blueprint.py``. Families of methods marked with their operation, as in ``user_pools``.
"""
