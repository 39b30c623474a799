"""The e-mail address and the phone number on the account page: changed, and proven by a code."""

from dataclasses import dataclass
from typing import Literal

from flask import Response, request

from app.blueprints.hosted_ui.errors import Sentence, missing
from app.blueprints.hosted_ui.forms import attribute_fields, shown_name, typed, typed_code
from app.blueprints.hosted_ui.frame import Frames
from app.blueprints.hosted_ui.progress import Progress
from app.blueprints.hosted_ui.visit import VIEW, Visit
from app.core.account.service import Account
from app.core.factors.destination import destination_of
from app.core.kernel.caller import Caller
from app.core.kernel.secret import Secret
from app.core.users.model import User
from app.web.contexts import AccountCodePage, AccountContactPage

PAGE = "account"
CONTACTS: tuple[Literal["email"], Literal["phone_number"]] = ("email", "phone_number")
_CODE = "_code"
"""What the face of the page that takes an address's code is called, after the address's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPages:
    """Which address is meant stands in the page's own address; whose it is, in the session."""

    frames: Frames
    account: Account

    def show(self, visit: Visit, user: User, error: Sentence | None = None) -> Response | None:
        """None where the page's address names no face of these."""
        view = request.args.get(VIEW, "")
        if view in CONTACTS and view in changeable(visit):
            return self._draw(visit, user, view, error)
        name = view.removesuffix(_CODE)
        if view.endswith(_CODE) and name in CONTACTS and waiting(user, name):
            return self._draw_code(visit, user, name, error)
        return None

    def change(self, visit: Visit, user: User, caller: Caller) -> Response | None:
        """A new address; to its code where one is on its way. Raises what ``Account.change_attributes`` raises."""
        name = request.args.get(VIEW, "")
        if name not in changeable(visit):
            return None
        if not typed(name):
            return self._draw(visit, user, name, missing(name))
        sent = self.account.change_attributes(visit.pool, visit.client, user, {name: typed(name)}, caller)
        if any(destination.attribute == name for destination in sent):
            return self.frames.go(visit, visit.url(PAGE, f"{name}{_CODE}"), Progress())
        return self.frames.go(visit, visit.url(PAGE), Progress(notice="notice.contact_changed"))

    def prove(self, visit: Visit, user: User, caller: Caller) -> Response | None:
        """The code that an address is proven by. Raises what ``Account.verify`` raises."""
        name = request.args.get(VIEW, "").removesuffix(_CODE)
        if name not in CONTACTS or not waiting(user, name):
            return None
        if not typed_code():
            return self._draw_code(visit, user, name, missing("code"))
        self.account.verify(visit.pool, visit.client, user, name, Secret(typed_code()), caller)
        return self.frames.go(visit, visit.url(PAGE), Progress(notice="notice.contact_verified"))

    def resend(self, visit: Visit, user: User, caller: Caller) -> Response | None:
        """Another code. Raises what ``Account.send_code`` raises."""
        name = request.args.get(VIEW, "").removesuffix(_CODE)
        if name not in CONTACTS or not waiting(user, name):
            return None
        self.account.send_code(visit.pool, visit.client, user, name, caller)
        return self.frames.go(visit, visit.url(PAGE, f"{name}{_CODE}"), Progress(notice="notice.code_on_its_way"))

    def _draw(self, visit: Visit, user: User, name: str, error: Sentence | None) -> Response:
        return self.frames.draw(
            visit,
            AccountContactPage,
            form_page=PAGE,
            view=name,
            account_url=visit.url(PAGE),
            error=error,
            username=shown_name(visit.pool, user),
            field=attribute_fields(visit.pool, (name,))[0],
        )

    def _draw_code(self, visit: Visit, user: User, name: str, error: Sentence | None) -> Response:
        return self.frames.draw(
            visit,
            AccountCodePage,
            form_page=PAGE,
            view=f"{name}{_CODE}",
            account_url=visit.url(PAGE),
            error=error,
            destination=destination_of(name, waiting(user, name)).masked,
            resend_form=self.frames.form(visit, PAGE, f"{name}{_CODE}"),
        )


def changeable(visit: Visit) -> tuple[str, ...]:
    """The addresses that the application may change, and the pool lets change."""
    writable, schema = visit.client.settings.write_attributes, visit.pool.settings.schema
    return tuple(name for name in CONTACTS if schema[name].mutable and (writable is None or name in writable))


def waiting(user: User, name: str) -> str:
    """The address that a code would prove: a new one first, else the one that stands; empty where nothing waits."""
    if user.pending.get(name):
        return user.pending[name]
    return "" if user.is_verified(name) else user.attributes.get(name, "")
