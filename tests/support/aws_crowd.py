"""As many rows as a quota allows, in one statement."""

from typing import Any

from sqlalchemy import Table, insert

from tests.support.aws_house import AwsHouse


def crowd(house: AwsHouse, table: Table, rows: list[dict[str, Any]]) -> None:
    """The rows, straight into the database: through the API they would take minutes."""
    with house.installation.database.transaction(), house.installation.database.connection() as connection:
        connection.execute(insert(table), rows)
