"""Users: the record, the rules about attributes, identifiers and passwords of one record.

``model.py`` the values; ``identifiers.py`` by which names a user is found; ``attributes.py`` what may be written by whom;
``aliases.py`` how a verified alias changes its owner; ``service.py`` the administrator's directory.
Called by sign_in, sign_up, recovery, account and the administrator's operations.
"""
