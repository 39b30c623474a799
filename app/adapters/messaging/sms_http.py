import logging

import requests

from app.core.kernel.errors import CodeDeliveryFailed
from app.core.messages.addresses import check_address
from app.core.messages.model import Channel, Message

_log = logging.getLogger("poolhouse.sms")

_CONNECT_SECONDS = 3
_ANSWER_SECONDS = 10


class HttpSmsSender:
    """The ``Sender`` of texts: POSTs ``{"to", "text"}`` as JSON to an operator's own endpoint. Any 2xx means accepted.

    Redirects are not followed and of the answer only the status is read, so its size does not matter. The environment's
    proxies and ``.netrc`` are left aside: codes go where the setting says and nowhere else.
    """

    def __init__(self, url: str, *, seconds: float = _ANSWER_SECONDS) -> None:
        self._url = url
        self._seconds = seconds

    def send(self, message: Message) -> None:
        """Raises ``CodeDeliveryFailed``."""
        check_address(Channel.SMS, message.to)
        try:
            with requests.Session() as session:
                session.trust_env = False
                with session.post(
                    self._url,
                    json={"to": message.to, "text": message.text},
                    timeout=(_CONNECT_SECONDS, self._seconds),
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    status = answer.status_code
        except (requests.RequestException, OSError) as error:
            _log.warning("sms.failed", extra={"reason": type(error).__name__})
            raise CodeDeliveryFailed from None
        if not 200 <= status < 300:
            _log.warning("sms.refused", extra={"status": status})
            raise CodeDeliveryFailed
