"""SQL stores: one implementation for SQLite and PostgreSQL. ``db.py`` the engine and transactions, ``tables.py`` the tables, a file per room."""
