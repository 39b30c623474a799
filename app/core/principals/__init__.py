"""Who may call signed operations: access keys, IAM roles, and the temporary credentials of an assumed role.

``service.py`` has access keys, ``roles.py`` roles and their documents, ``findings.py`` what is rarely meant in these, ``temporary.py`` what
an assumed role's keys are made of, and ``authority.py`` is the one place that gathers the policies of whoever calls and asks
``core/policy``.
"""
