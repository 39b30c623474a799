"""Whom a statement of a trust policy means (IAM: Principal and NotPrincipal)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.core.policy.resources import split_arn
from app.core.policy.truth import Truth, any_of
from app.core.policy.variables import Unsound

TYPES = ("AWS", "Federated", "Service", "CanonicalUser")

_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,124}", re.ASCII)
_SHAPES = {
    "Federated": re.compile(r"[!-)+->@-~]{1,2048}", re.ASCII),
    "Service": re.compile(r"[a-z0-9][a-z0-9.-]*\.[a-z]+", re.ASCII),
    "CanonicalUser": re.compile(r"[0-9a-f]{64}", re.ASCII),
}


@dataclass(frozen=True, slots=True, eq=False)
class Principals:
    """``named`` is None for ``*``, everybody. ``negated``: all but these."""

    named: Mapping[str, tuple[str, ...]] | None
    negated: bool

    def include(self, *, federated: str | None, aws: str | None, service: str | None) -> Truth:
        """Whether the caller is meant; None where AWS does not say, namely ``{"AWS": "*"}`` and somebody who is no AWS principal."""
        fits = self._name(federated=federated, aws=aws, service=service)
        return fits if fits is None or not self.negated else not fits

    def _name(self, *, federated: str | None, aws: str | None, service: str | None) -> Truth:
        if self.named is None:
            return True
        return any_of(
            [
                *(_is_aws(name, aws) for name in self.named.get("AWS", ())),
                *(name in {"*", federated} and federated is not None for name in self.named.get("Federated", ())),
                *(name == service for name in self.named.get("Service", ())),
            ]
        )

    @property
    def text(self) -> str:
        if self.named is None:
            return "*"
        return ", ".join(f"{kind} {name}" for kind, names in self.named.items() for name in names)


def _is_aws(name: str, caller: str | None) -> Truth:
    if caller is None:
        return None if name == "*" else False
    if name in {"*", caller}:
        return True
    named, calling = split_arn(name), split_arn(caller)
    if _ACCOUNT.fullmatch(name):
        return len(calling) == 6 and calling[4] == name
    if len(named) != 6 or len(calling) != 6 or named[4] != calling[4]:
        return False
    if named[2] == "iam" and named[5] == "root":
        return True
    # A session's ARN has no path, and a role's name is unique in its account whatever its path.
    role, session = named[5].split("/"), calling[5].split("/")
    return (
        (named[2], calling[2]) == ("iam", "sts")
        and (role[0], session[0]) == ("role", "assumed-role")
        and len(session) == 3
        and role[-1] == session[1]
    )


def check_principal(kind: str, name: str) -> None:
    """Raises ``Unsound`` for what names nobody. Wildcards stand alone or not at all (IAM: Principal)."""
    if kind == "Federated" and name == "*":
        return
    sound = _names_aws(name) if kind == "AWS" else _SHAPES[kind].fullmatch(name) is not None
    if not sound:
        raise Unsound(f"is no principal of the type {kind}")


def _names_aws(name: str) -> bool:
    if name == "*" or _ACCOUNT.fullmatch(name) or _UNIQUE_ID.fullmatch(name):
        return True
    parts = split_arn(name)
    if len(parts) != 6 or parts[0] != "arn" or set("*?") & set(name) or not name.isprintable():
        return False
    kinds = {"iam": ("root", "user/", "role/"), "sts": ("assumed-role/", "federated-user/")}.get(parts[2], ())
    return bool(_ACCOUNT.fullmatch(parts[4])) and any(
        parts[5] == kind if kind == "root" else parts[5].startswith(kind) and len(parts[5]) > len(kind)
        for kind in kinds
    )
