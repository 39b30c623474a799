"""Ways to prove who you are. So far: the password, and the one-time code that proves an address.

``password.py`` checks, encodes and ages passwords; ``password_policy.py`` is the pure rule; ``one_time_code.py`` issues and takes
codes; ``destination.py`` says where a code goes, masked. Called by sign_in, sign_up, recovery and account.
"""
