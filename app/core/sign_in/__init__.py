"""START HERE: how a person signs in.

A proof comes in (a password, a factor's answer), the factor checks it, the attempt remembers what is proven, and one pure
function (``next_step.py``) says what remains: a challenge, or signed in. Every door (hosted pages, AWS APIs, federation,
recovery) goes through it, so no door can skip a step.
"""
