"""IAM's lists: ``Marker``, ``MaxItems``, ``IsTruncated``."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from app.aws.call import Call
from app.aws.errors import AwsError
from app.blueprints.iam.errors import INVALID

Item = TypeVar("Item")
_USUAL = 100


def list_page(
    call: Call, items: Sequence[Item], position_of: Callable[[Item], str]
) -> tuple[list[Item], dict[str, Any]]:
    """The items of one page, in the order of their positions, and the members that say whether there are more."""
    after = _read_marker(call.input.get("Marker"))
    # Sorted here: databases have orders of their own, in which a marker would lose its place.
    rest = sorted((item for item in items if after is None or position_of(item) > after), key=position_of)
    size = call.input.get("MaxItems", _USUAL)
    if len(rest) <= size:
        return rest, {"IsTruncated": False}
    shown = rest[:size]
    # A name is no secret from whoever may list it, so the marker need not be sealed.
    marker = urlsafe_b64encode(position_of(shown[-1]).encode()).decode()
    return shown, {"IsTruncated": True, "Marker": marker}


def _read_marker(marker: str | None) -> str | None:
    if marker is None:
        return None
    try:
        return b64decode(marker.encode("ascii"), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise AwsError(INVALID, "Invalid Marker.") from error
