"""Handlers: methods of a *family*, marked with the operation they answer."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from app.aws.call import Call

Answer = Mapping[str, Any]
Handler = Callable[[Call], Answer]
Method = TypeVar("Method", bound=Callable[..., Answer])

_MARK = "__aws_operation__"


def operation(name: str) -> Callable[[Method], Method]:
    """Marks a method of a family as the handler of the operation."""

    def marked(method: Method) -> Method:
        setattr(method, _MARK, name)
        return method

    return marked


def handlers_of(families: Iterable[object]) -> dict[str, Handler]:
    """Every marked method by its operation's name. Two for one operation is a mistake of ours."""
    found: dict[str, Handler] = {}
    for family in families:
        for attribute in dir(type(family)):
            name = getattr(getattr(type(family), attribute), _MARK, None)
            if name is None:
                continue
            if name in found:
                raise ValueError(name)
            found[name] = getattr(family, attribute)
    return found
