"""What each worker process of the gateway runs."""

from concurrent.futures import ThreadPoolExecutor

from app.adapters.system.logs import configure_logging
from app.cli.serving import end_when_told
from app.config import Settings
from app.core.kernel.secret import Secret
from app.gateway.asgi import AsgiGateway
from app.gateway.assembly import Stores, assemble
from app.gateway.places import THREADS
from app.gateway.service import Gateway
from app.installation import Installation, open_installation
from app.web.site import Site


def application() -> AsgiGateway:
    """The gateway on the settings that the parent checked and wrote into the environment."""
    end_when_told()
    settings = Settings.from_env()
    configure_logging(lambda: None)
    gateway = gateway_of(open_installation(settings))
    return AsgiGateway(gateway=gateway, threads=ThreadPoolExecutor(THREADS, thread_name_prefix="gateway"))


def gateway_of(installation: Installation) -> Gateway:
    """The gateway over one process's rooms."""
    settings = installation.settings
    return assemble(
        installation.services,
        Stores(
            access_key_id=settings.upstream_access_key_id or "",
            secret=Secret(settings.upstream_secret_access_key or ""),
            s3=settings.upstream_s3,
            dynamodb=settings.upstream_dynamodb,
        ),
        Site(public_url=settings.public_url, trusted_proxies=settings.trusted_proxies, dev=settings.dev),
        account_id=settings.account_id,
        region=settings.region,
        hosts=settings.gateway_hosts,
        authorizer_token=Secret(settings.gateway_token) if settings.gateway_token else None,
    )
