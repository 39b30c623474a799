"""What every page shows: whose it is, in which language, where else to go; and how a page becomes an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, after_this_request, make_response, redirect, request

from app.blueprints.hosted_ui.errors import Sentence
from app.blueprints.hosted_ui.progress import Progress, read_progress, write_progress
from app.blueprints.hosted_ui.visit import VIEW, Visit
from app.core.branding import Branding
from app.core.kernel.caller import Caller
from app.core.pools.model import Pool
from app.web.context_parts import (
    Form,
    FormErrors,
    Language,
    Links,
    PageFrame,
    PasswordRule,
)
from app.web.cookies import Cookies
from app.web.csrf import Csrf
from app.web.headers import allow_form_target
from app.web.look import Look, brand_of, branding_of, read_look, remember_language
from app.web.pages import Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Draws pages for visits: themes, cookies and form tokens in one place."""

    pages: Pages
    cookies: Cookies
    csrf: Csrf

    def look(self, visit: Visit) -> Look:
        return read_look(self.pages, branding_of(visit.pool, visit.client))

    def caller(self, visit: Visit) -> Caller:
        """Who acts, bound to this browser; checks the form's token first. Raises ``FormRefused``."""
        self.csrf.check_form(request, visit.pool.pool_id)
        return self.csrf.caller(request, visit.pool.pool_id, language=self.look(visit).lang)

    def progress(self, visit: Visit) -> Progress:
        return read_progress(self.cookies, request, visit.pool.pool_id)

    def go(self, visit: Visit, url: str, progress: Progress | None = None) -> Response:
        """303 to an address of ours, keeping ``progress`` where one is given."""
        response = make_response(redirect(url, code=303))
        if progress is not None:
            write_progress(self.cookies, response, visit.pool.pool_id, progress)
        return response

    def draw(
        self,
        visit: Visit,
        page: type[PageFrame],
        *,
        form_page: str | None,
        view: str = "",
        account_url: str | None = None,
        application_url: str | None = None,
        error: Sentence | None = None,
        values: Mapping[str, str] | None = None,
        notice: str | None = None,
        **own: Any,
    ) -> Response:
        """The page as an answer. ``form_page`` (and ``view``) is where its form is posted to; ``own`` are the page's own fields."""
        look = self.look(visit)
        form = self.form(visit, form_page, view) if form_page else None
        if notice is None and error is None and request.method == "GET":
            notice = self._spend_notice(visit)
        # What went wrong on another page is no good news on this one: it stands where errors stand.
        if notice is not None and notice.startswith("error."):
            error, notice = Sentence(key=notice, status=200), None
        context = page(
            **self._frame(visit, look, account_url, application_url),
            form=form,
            error=self._errors(look, error),
            notice=None if notice is None else self.pages.sentence(look.theme, look.lang, notice),
            values=values or {},
            **own,
        )
        for uri in visit.form_targets:
            allow_form_target(uri)
        response = make_response(self.pages.render(look.theme, context), error.status if error else 200)
        return remember_language(response, look, secure=self.cookies.is_https)

    def form(self, visit: Visit, page: str, view: str = "") -> Form:
        return Form(action_url=visit.url(page, view), csrf_token=self.csrf.issue_token(request, visit.pool.pool_id))

    def _spend_notice(self, visit: Visit) -> str | None:
        """The notice that the last step left, as a catalogue key, shown once; the answer then forgets it."""
        progress = self.progress(visit)
        if progress.notice is None:
            return None

        @after_this_request
        def _forget(response: Response) -> Response:
            write_progress(self.cookies, response, visit.pool.pool_id, replace(progress, notice=None))
            return response

        return progress.notice

    def brand_name(self, visit: Visit) -> str:
        """What the pages call the application."""
        look = self.look(visit)
        return brand_of(visit.client, look.branding, look.lang).name

    def _frame(self, visit: Visit, look: Look, account_url: str | None, application_url: str | None) -> dict[str, Any]:
        return {
            "lang": look.lang,
            "dir": look.dir,
            "languages": tuple(
                Language(
                    code=found.lang,
                    name=found.name,
                    url=visit.url_in(request.path, found.lang, request.args.get(VIEW, "")),
                    current=found.lang == look.lang,
                )
                for found in look.catalogues
            ),
            "brand": brand_of(visit.client, look.branding, look.lang),
            "links": replace(
                self._links(visit, look.branding), account_url=account_url, application_url=application_url
            ),
        }

    def _links(self, visit: Visit, branding: Branding) -> Links:
        admin_only = visit.pool.settings.admin_create_only
        recoverable = visit.pool.settings.recovery != ("admin_only",)
        return Links(
            sign_in_url=visit.url("login") if self._may_sign_in(visit) else None,
            sign_up_url=None if admin_only else visit.url("signup"),
            forgot_password_url=visit.url("forgotPassword") if recoverable else None,
            confirm_url=visit.url("confirm"),
            resend_code_url=visit.url("resendcode"),
            help_url=branding.links.get("help"),
            privacy_url=branding.links.get("privacy"),
            terms_url=branding.links.get("terms"),
        )

    def _may_sign_in(self, visit: Visit) -> bool:
        """Whether a sign-in from here has somewhere to go on to: an application, or the account page that asked for it."""
        return visit.is_authorize_request or request.path in {"/login", "/mfa", "/changePassword"}

    def _errors(self, look: Look, error: Sentence | None) -> FormErrors | None:
        if error is None:
            return None
        text = self.pages.sentence(look.theme, look.lang, error.key, **error.params)
        if error.field is None:
            return FormErrors(summary=text)
        # "Please fill this in" says nothing away from its field.
        summary = "error.check_fields" if error.key == "error.required" else None
        return FormErrors(
            summary=self.pages.sentence(look.theme, look.lang, summary) if summary else text, fields={error.field: text}
        )


def password_rules(pool: Pool) -> tuple[PasswordRule, ...]:
    """The pool's policy as the page lists it."""
    policy = pool.settings.password_policy
    rules = [PasswordRule(kind="length", n=policy.minimum_length)]
    wanted = {
        "uppercase": policy.require_uppercase,
        "lowercase": policy.require_lowercase,
        "number": policy.require_numbers,
        "symbol": policy.require_symbols,
        "not_common": pool.extensions.refuse_common_passwords,
    }
    rules += [PasswordRule(kind=kind) for kind, on in wanted.items() if on]  # type: ignore[arg-type]  # the keys above are the literals
    if policy.history_size:
        rules.append(PasswordRule(kind="not_reused", n=policy.history_size))
    return tuple(rules)
