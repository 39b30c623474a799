"""Puts the gateway together from the rooms it needs and the stores behind it."""

import time
from dataclasses import dataclass
from typing import Literal

from app.core.audit.signatures import RefusedSignatures
from app.core.kernel.secret import Secret
from app.gateway.authorizer import Authorizer
from app.gateway.callers import Callers
from app.gateway.conditions import Surroundings
from app.gateway.dynamodb import DynamoDb
from app.gateway.dynamodb_tables import Tables
from app.gateway.own import Own
from app.gateway.s3 import S3
from app.gateway.s3_bodies import Uploads
from app.gateway.service import Gateway
from app.gateway.upstream import Upstream
from app.services import Services
from app.web.context import Contexts
from app.web.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where requests go on to, and the service key that signs them there."""

    access_key_id: str
    secret: Secret
    s3: str | None = None
    dynamodb: str | None = None


def assemble(
    services: Services,
    stores: Stores,
    site: Site,
    *,
    account_id: str,
    region: str,
    hosts: tuple[str, ...],
    authorizer_token: Secret | None = None,
) -> Gateway:
    """``hosts`` are the gateway's own names; ``authorizer_token`` lets proxies ask for decisions."""
    callers = Callers(
        find_key=services.access_keys.find,
        open_temporary=services.temporary_keys.open,
        authority=services.authority,
        account_id=account_id,
        region=region,
        real_time=_real_time,
        refused=RefusedSignatures(audit=services.audit, was_issued=services.access_keys.was_issued),
    )
    s3 = dynamodb = None
    if stores.s3:
        s3 = S3(
            callers=callers,
            upstream=_upstream(stores, stores.s3, "s3", region),
            uploads=Uploads(secret=services.hasher.derive("gateway upload ids")),
            hosts=frozenset(hosts),
        )
    if stores.dynamodb:
        upstream = _upstream(stores, stores.dynamodb, "dynamodb", region)
        dynamodb = DynamoDb(
            callers=callers,
            upstream=upstream,
            tables=Tables(upstream=upstream, monotonic=time.monotonic),
            region=region,
        )
    surroundings = Surroundings(site=site, contexts=Contexts(site), region=region, real_time=_real_time)
    authorize = None
    if s3 is not None and authorizer_token is not None:
        authorize = Authorizer(s3=s3, surroundings=surroundings, token=authorizer_token).answer
    return Gateway(s3=s3, dynamodb=dynamodb, own=Own(authorize=authorize), surroundings=surroundings)


def _upstream(stores: Stores, url: str, service: Literal["s3", "dynamodb"], region: str) -> Upstream:
    return Upstream(
        url=url,
        service=service,
        region=region,
        access_key_id=stores.access_key_id,
        secret=stores.secret,
        real_time=_real_time,
    )


def _real_time() -> int:
    return int(time.time())  # noqa: TID251 - signatures carry the machine's time, not the injected clock's
