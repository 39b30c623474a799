"""What a stock AWS client raises where it is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError


@contextmanager
def refused(code: str, *words: str) -> Iterator[None]:
    """The block must end in this exception; its message must hold these words."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    for word in words:
        assert word in error["Message"]


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    """The code, without its end, and the message that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    told = caught.value.response["Error"]
    return told["Code"].removesuffix("Exception"), told["Message"]
