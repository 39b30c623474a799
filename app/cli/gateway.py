"""``poolhouse gateway``: a process of its own before an S3 or DynamoDB, that opens the same installation as ``poolhouse run``."""

import os
import signal

import click

from app.cli.opening import Mistaken, installation, read_settings
from app.cli.serving import check_port, end_process, serve


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=9000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; by default one a core, four at most.")
@click.option("--upstream-s3", metavar="URL", help="The S3 store behind; the same as POOLHOUSE_UPSTREAM_S3.")
@click.option("--upstream-dynamodb", metavar="URL", help="The DynamoDB behind; POOLHOUSE_UPSTREAM_DYNAMODB.")
@click.option("--data", metavar="DIR", help="Where the embedded database lives; the same as POOLHOUSE_DATA_DIR.")
def command(  # noqa: PLR0917 - click's options
    host: str, port: int, workers: int | None, upstream_s3: str | None, upstream_dynamodb: str | None, data: str | None
) -> None:
    """Start the gateway that enforces policies before a store. Ctrl-C or SIGTERM ends it."""
    # Workers read the same environment, so what the command line says is written into it.
    given = {"UPSTREAM_S3": upstream_s3, "UPSTREAM_DYNAMODB": upstream_dynamodb, "DATA_DIR": data}
    os.environ.update({f"POOLHOUSE_{name}": value for name, value in given.items() if value})
    signal.signal(signal.SIGTERM, end_process)
    check_port(host, port)
    settings = read_settings()
    if settings.upstream_s3 is None and settings.upstream_dynamodb is None:
        raise Mistaken("say what stands behind the gateway: --upstream-s3 URL, --upstream-dynamodb URL")
    if settings.upstream_access_key_id is None:
        raise Mistaken(
            "the gateway signs for the store with a service key: set POOLHOUSE_UPSTREAM_ACCESS_KEY_ID and "
            "POOLHOUSE_UPSTREAM_SECRET_ACCESS_KEY (any words, where the store checks nothing)"
        )
    # Refused here, a wrong master key or an old schema ends one process with a sentence and not all workers again and again.
    with installation():
        pass
    click.echo(f"Gateway on http://{'localhost' if host == '127.0.0.1' else host}:{port}")
    for name, url in (("S3", settings.upstream_s3), ("DynamoDB", settings.upstream_dynamodb)):
        if url:
            click.echo(f"  before     {url}   ({name})")
    _serve(host, port, workers)


def _serve(host: str, port: int, workers: int | None) -> None:
    """HTTP/1.1 alone: its framing is what one length and one spelling are judged by."""
    from granian.constants import HTTPModes, Interfaces

    import app.cli.gateway_worker  # noqa: F401 - imported before the fork

    serve(
        "app.cli.gateway_worker:application",
        host=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
    )
