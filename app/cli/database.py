import click

from app.cli.opening import installation, read_settings


@click.group()
def command() -> None:
    """The database's schema and seals."""


@command.command()
def upgrade() -> None:
    """Bring the schema to this version. With PostgreSQL, run it before the new version starts."""
    from flask import Flask
    from sqlalchemy.exc import SQLAlchemyError

    from app.adapters.sql import migrate
    from app.adapters.sql.db import open_database

    settings = read_settings()
    if settings.is_embedded:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = open_database(Flask("poolhouse"), settings.database_url)
    try:
        before = migrate.find_revision(database)
        migrate.upgrade(database)
    except SQLAlchemyError as error:
        raise click.ClickException("The database does not answer, or not as POOLHOUSE_DATABASE_URL says.") from error
    finally:
        database.engine.dispose()
    click.echo(f"The schema is at {migrate.HEAD}" + (", as before." if before == migrate.HEAD else "."))


@command.command()
def reseal() -> None:
    """Seal every secret under the first master key, so that the others can be taken away."""
    from app.adapters.sql.reseal import reseal as seal_again

    with installation() as opened:
        count = seal_again(opened.database, opened.sealer)
    click.echo(f"{count} secrets sealed again under key {opened.sealer.sealing_key_id}.")
