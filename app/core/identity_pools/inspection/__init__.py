"""What an administrator asks beforehand: why may somebody do this, or not (``walk.py``); does one identity reach another's data
(``isolation.py``)? Nothing here writes, and nothing here decides: both ask the rooms that decide.
"""
