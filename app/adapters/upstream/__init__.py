"""Identity providers elsewhere: their keys, their tokens, their assertions. Every call goes through the guard of outbound calls."""
