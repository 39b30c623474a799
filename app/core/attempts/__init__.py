"""A sign-in in progress, behind the opaque Session string.

Answering claims the attempt; a wrong code puts it back under the same string with the same expiry and one failure more;
any other answer is a new string; a second answer at the same time is told that a session can only be used once.
"""
