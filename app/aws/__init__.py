"""The AWS wire, shared by the blueprints that speak it: a request comes in, one operation's handler is called, its answer goes out.

``dispatch.py`` is the way through: which API and operation (``models.py``, botocore's), who calls (``gate.py``, ``sigv4.py``), what
they say (``codec.py``, ``validation.py``), and what they are told (``codec.py``, ``errors.py``).
"""
