"""A request to DynamoDB in the terms of policies: action, table or index, leading keys, attributes (DynamoDB: fine-grained access)."""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context as Arithmetic
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from app.core.policy import Asked
from app.gateway.dynamodb_expressions import attributes_of, partition_value, tokens
from app.gateway.dynamodb_tables import Keys
from app.gateway.refusal import Refusal

_TABLE = re.compile(r"[a-zA-Z0-9_.-]{3,255}", re.ASCII)
_EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
    "UpdateExpression",
    "KeyConditionExpression",
)
_BY_NAME = ("AttributeUpdates", "Expected", "KeyConditions", "QueryFilter", "ScanFilter")
"""Older members: maps by attribute name."""
_OF_TABLES = frozenset(
    {
        "CreateTable", "DeleteTable", "DescribeTable", "UpdateTable", "DescribeTimeToLive", "UpdateTimeToLive",
        "DescribeContinuousBackups", "UpdateContinuousBackups",
    }
)  # fmt: skip
_OF_ARNS = frozenset({"ListTagsOfResource", "TagResource", "UntagResource"})
_OF_NOTHING = frozenset({"ListTables", "DescribeLimits", "DescribeEndpoints"})
_ITEMS = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem"})
_PARTIQL = frozenset({"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"})
_TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan"})
_MOST_QUESTIONS = 200
_NUMBER = re.compile(r"[+-]?[0-9.]{1,400}(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_MOST_DIGITS = 38
"""More are no number to DynamoDB (Naming rules and data types: Number)."""
_EXACT = Arithmetic(prec=2 * _MOST_DIGITS)
CHANGES_TABLES = frozenset({"CreateTable", "DeleteTable", "UpdateTable"})

Context = Mapping[str, tuple[str, ...]]


class KeysUnfit(Exception):  # noqa: N818 - a fact about the store
    """The table is not there, or has other keys. ``refusal`` says so, to those alone who may use the table without its keys."""

    def __init__(self, table: str, code: str, message: str) -> None:
        super().__init__(table)
        self.table = table
        self.refusal = Refusal(code, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamoDbRequest:
    """``find_keys`` gives a table's partition keys, None where there is no such table."""

    operation: str
    document: Mapping[str, Any]
    account_id: str
    region: str
    context: Context
    find_keys: Callable[[str], Keys | None]

    @property
    def table(self) -> str | None:
        name = self.document.get("TableName")
        return name if isinstance(name, str) else None

    def questions(self) -> list[Asked]:
        """Everything that must be allowed: each item of a batch or transaction by itself. Raises ``Refusal``, ``KeysUnfit``."""
        found = list(islice(self._questions(), _MOST_QUESTIONS + 1))
        if not 1 <= len(found) <= _MOST_QUESTIONS:
            raise Refusal("InvalidArgument", "A request names at least one item and at most a hundred.")
        return found

    def without_keys(self, table: str) -> Asked:
        """What is asked of a table whose keys say nothing about it."""
        return self._asked(self.operation, self._table_arn(table), {})

    def _questions(self) -> Iterator[Asked]:
        name, document = self.operation, self.document
        several = {
            "BatchGetItem": self._of_batch_get,
            "BatchWriteItem": self._of_batch_write,
            "TransactGetItems": self._of_transaction,
            "TransactWriteItems": self._of_transaction,
        }
        if name in _PARTIQL:
            raise Refusal(
                "NotImplemented",
                "PartiQL statements are not mapped to items by this gateway; use GetItem, Query, PutItem and the like.",
            )
        if name in _OF_NOTHING:
            yield self._asked(name, "*", {})
        elif name in _OF_TABLES:
            yield self._asked(name, self._table_arn(document.get("TableName")), {})
        elif name in _OF_ARNS:
            yield self._asked(name, self._own_arn(document.get("ResourceArn")), {})
        elif name in _ITEMS:
            yield self._of_item(name, document)
        elif name == "Query":
            yield self._of_query(document)
        elif name == "Scan":
            yield self._asked(name, self._place(document), self._said(name, document))
        elif name in several:
            yield from several[name]()
        else:
            raise Refusal("NotImplemented", "This operation is not mapped by this gateway, so it is not forwarded.")

    def _of_item(self, action: str, entry: Mapping[str, Any], more: Context | None = None) -> Asked:
        """One item: its leading key from ``Key`` or ``Item``, its attributes from all that names some."""
        table = _text(entry, "TableName")
        item = entry.get("Item" if action == "PutItem" else "Key")
        if not isinstance(item, Mapping) or not item:
            raise Refusal("InvalidArgument", "The item or its key is missing.")
        said = self._said(action, entry, item)
        return self._asked(action, self._table_arn(table), {**said, **self._leading(table, item), **(more or {})})

    def _of_query(self, document: Mapping[str, Any]) -> Asked:
        table, index = _text(document, "TableName"), document.get("IndexName")
        keys = self._keys(table)
        name = keys.table if index is None else keys.indexes.get(index) if isinstance(index, str) else None
        place = self._place(document)
        if name is None:
            raise KeysUnfit(table, "InvalidArgument", "The table does not have the specified index.")
        leading = leading_key(partition_value(document, name))
        start = document.get("ExclusiveStartKey")
        if start is not None and (name not in start or leading_key(start[name]) != leading):
            raise Refusal("InvalidArgument", "The provided starting key is outside query boundaries.")
        said = self._said("Query", document)
        return self._asked("Query", place, {**said, "dynamodb:leadingkeys": (leading,)})

    def _of_batch_get(self) -> Iterator[Asked]:
        for table, wanted in _map(self.document, "RequestItems").items():
            if not isinstance(wanted, Mapping):
                raise _malformed()
            for key in _list(wanted, "Keys"):
                entry = {**wanted, "TableName": table, "Key": key}
                entry.pop("Keys", None)
                yield self._of_item("BatchGetItem", entry)

    def _of_batch_write(self) -> Iterator[Asked]:
        for table, entries in _map(self.document, "RequestItems").items():
            if not isinstance(entries, list):
                raise _malformed()
            for entry in entries:
                if not isinstance(entry, Mapping) or len(entry) != 1:
                    raise _malformed()
                kind, inner = next(iter(entry.items()))
                member = {"PutRequest": "Item", "DeleteRequest": "Key"}.get(kind)
                if member is None or not isinstance(inner, Mapping) or inner.keys() != {member}:
                    raise _malformed()
                item = inner[member]
                if not isinstance(item, Mapping) or not item:
                    raise _malformed()
                context = {"dynamodb:attributes": tuple(sorted(item)), **self._leading(table, item)}
                yield self._asked("BatchWriteItem", self._table_arn(table), context)

    def _of_transaction(self) -> Iterator[Asked]:
        enclosing = {"dynamodb:enclosingoperation": (self.operation,)}
        for entry in _list(self.document, "TransactItems"):
            if not isinstance(entry, Mapping) or len(entry) != 1:
                raise _malformed()
            kind, inner = next(iter(entry.items()))
            if kind not in _TRANSACTED or not isinstance(inner, Mapping):
                raise _malformed()
            yield self._of_item(_TRANSACTED[kind], inner, enclosing)

    def _leading(self, table: str, item: Mapping[str, Any]) -> Context:
        name = self._keys(table).table
        if name not in item:
            raise KeysUnfit(
                table, "InvalidArgument", f"The provided key element does not match the schema: {name} is missing."
            )
        return {"dynamodb:leadingkeys": (leading_key(item[name]),)}

    def _keys(self, table: str) -> Keys:
        self._table_arn(table)
        keys = self.find_keys(table)
        if keys is None:
            raise KeysUnfit(table, "NoSuchTable", f"Requested resource not found: Table: {table} not found")
        return keys

    def _said(self, action: str, entry: Mapping[str, Any], item: Mapping[str, Any] | None = None) -> Context:
        """What the request asks to see and to touch."""
        names = entry.get("ExpressionAttributeNames") or {}
        if not isinstance(names, Mapping):
            raise _malformed()
        touched = set(item or ())
        for member in _EXPRESSIONS:
            if entry.get(member) is not None:
                touched |= attributes_of(entry[member], names)
        for member in _BY_NAME:
            touched |= set(_map(entry, member))
        listed = entry.get("AttributesToGet")
        if listed is not None:
            if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
                raise _malformed()
            # The older form names whole attributes; a store that reads a path into one sees the attribute at its beginning.
            touched |= {*listed, *(each.partition(".")[0].partition("[")[0] for each in listed)}
        found: dict[str, tuple[str, ...]] = {"dynamodb:attributes": tuple(sorted(touched))}
        if action in _READS:
            found["dynamodb:select"] = (_select(action, entry),)
        else:
            # A condition that fails on purpose would else show the whole item.
            asked_back = ("ReturnValues", "ReturnValuesOnConditionCheckFailure")
            returned = dict.fromkeys(_optional(entry, member, "NONE") for member in asked_back)
            found["dynamodb:returnvalues"] = tuple(each for each in returned if each != "NONE") or ("NONE",)
        found["dynamodb:returnconsumedcapacity"] = (_optional(self.document, "ReturnConsumedCapacity", "NONE"),)
        return found

    def _asked(self, action: str, resource: str, context: Context) -> Asked:
        return Asked(action=f"dynamodb:{action}", resource=resource, context={**self.context, **context})

    def _place(self, document: Mapping[str, Any]) -> str:
        """The table, or its index where one is named."""
        arn, index = self._table_arn(document.get("TableName")), document.get("IndexName")
        if index is None:
            return arn
        if not isinstance(index, str) or not _TABLE.fullmatch(index):
            raise Refusal("InvalidArgument", "The index name is not valid.")
        return f"{arn}/index/{index}"

    def _table_arn(self, name: Any) -> str:
        if not isinstance(name, str) or not _TABLE.fullmatch(name):
            raise Refusal(
                "InvalidArgument", "TableName is a name of 3 to 255 characters; ARNs are not taken by this gateway."
            )
        return f"arn:aws:dynamodb:{self.region}:{self.account_id}:table/{name}"

    def _own_arn(self, given: Any) -> str:
        prefix = self._table_arn("xxx").removesuffix("xxx")
        if not isinstance(given, str) or not given.startswith(prefix):
            raise Refusal("InvalidArgument", "ResourceArn is not a table of this account and region.")
        return self._table_arn(given.removeprefix(prefix))


def leading_key(value: Any) -> str:
    """An attribute value as the policies see it: text as it is, numbers in one spelling, binary in base64."""
    if isinstance(value, Mapping) and len(value) == 1:
        kind, given = next(iter(value.items()))
        if kind == "S" and isinstance(given, str) and given:
            return given
        if kind == "B" and isinstance(given, str) and given:
            return _binary(given)
        if kind == "N" and isinstance(given, str) and _NUMBER.fullmatch(given):
            return _number(given)
    raise Refusal("InvalidArgument", "A key is one string, number or binary value.")


def _binary(given: str) -> str:
    """The one spelling of these bytes: the last letter of base64 may hold bits that count for nothing."""
    try:
        return b64encode(b64decode(given, validate=True)).decode()
    except (ValueError, binascii.Error):
        raise _malformed() from None


def _number(given: str) -> str:
    try:
        number = Decimal(given)
    except InvalidOperation:
        raise _malformed() from None
    if len("".join(map(str, number.as_tuple().digits)).rstrip("0")) > _MOST_DIGITS:
        raise Refusal("InvalidArgument", f"A number has at most {_MOST_DIGITS} significant digits.")
    return format(number.normalize(_EXACT), "f") if number else "0"


def _select(action: str, entry: Mapping[str, Any]) -> str:
    """What comes back. Raises ``Refusal`` where an answer of some attributes is claimed and none are named, or the other way."""
    projection, listed = entry.get("ProjectionExpression"), entry.get("AttributesToGet")
    if listed is not None and action in {"Query", "Scan"}:
        raise Refusal(
            "InvalidArgument",
            "AttributesToGet is not taken by this gateway with Query and Scan, where stores are known to overlook it; "
            "write a ProjectionExpression.",
        )
    is_some = projection is not None or listed is not None
    if is_some and not (tokens(projection) if listed is None else listed and projection is None):
        raise Refusal("InvalidArgument", "The attributes to get are named once, and at least one is.")
    every = "ALL_PROJECTED_ATTRIBUTES" if entry.get("IndexName") is not None else "ALL_ATTRIBUTES"
    written = _optional(entry, "Select", "SPECIFIC_ATTRIBUTES" if is_some else every)
    if is_some != (written == "SPECIFIC_ATTRIBUTES"):
        raise Refusal(
            "InvalidArgument", "Select SPECIFIC_ATTRIBUTES goes with a ProjectionExpression, and only with one."
        )
    return written


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise _malformed()
    return value


def _optional(document: Mapping[str, Any], name: str, default: str) -> str:
    return default if document.get(name) is None else _text(document, name)


def _map(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _malformed()
    return value


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    value = document.get(name)
    if not isinstance(value, list):
        raise _malformed()
    return value


def _malformed() -> Refusal:
    return Refusal("InvalidArgument", "The request's members are not of the types that DynamoDB describes.")
