from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from app.core.messages import templates, wording
from app.core.messages.addresses import check_address, check_subject, on_one_line
from app.core.messages.model import Channel, Letter, Message, Notice, NoticeKind, RenderedLetter
from app.core.messages.ports import Envelope, Transports
from app.core.messages.templates import Filling
from app.core.messages.texts import choose_text, domain_bound
from app.core.pools.model import Pool

_VERIFYING = frozenset(
    {NoticeKind.SIGN_UP, NoticeKind.RESEND_CODE, NoticeKind.FORGOT_PASSWORD, NoticeKind.VERIFY_ATTRIBUTE}
)
_CARRYING_A_CODE = _VERIFYING | {NoticeKind.AUTHENTICATION}
"""Bound to the site by their last line."""
_CONFIRMING = frozenset({NoticeKind.SIGN_UP, NoticeKind.RESEND_CODE})
_BRAND_IN_A_TEXT = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Writes a notice out and hands it over. Every address in a message comes from ``public_url``, never from a request."""

    transports: Transports
    envelope: Envelope
    public_url: str

    def send(self, pool: Pool, notice: Notice) -> None:
        """Raises ``CodeDeliveryFailed``."""
        self.transports.carrying(notice.channel).send(self.write(pool, notice))

    def write(self, pool: Pool, notice: Notice) -> Message:
        """The message as it will be sent; raises ``CodeDeliveryFailed`` for an address or a subject that is no header value."""
        check_address(notice.channel, notice.address)
        brand = on_one_line(self.envelope.brand_name(pool, notice.client_id))
        message = self._text(pool, notice, brand) if notice.channel is Channel.SMS else self._mail(pool, notice, brand)
        check_subject(message.subject or "")
        return message

    def _mail(self, pool: Pool, notice: Notice, brand: str) -> Message:
        url = self._confirmation_url(pool, notice)
        filling = _filling(notice, url)
        subject, template = _mail_templates(pool, notice.kind, by_link=url is not None)
        letter = self._letter(pool, notice, brand, filling)
        if subject is not None:
            letter = replace(letter, subject=templates.fill_text(subject, filling))
        if template is not None and templates.is_html(template):
            rendered = self._as_written(template, filling, letter)
        else:
            if template is not None:
                letter = replace(
                    letter,
                    paragraphs=templates.paragraphs_of(template, filling),
                    link=templates.link_of(filling, template, wording.link_label(letter.language)),
                    closing=(),
                )
            rendered = self.envelope.render(pool, letter)
        return Message(
            channel=Channel.EMAIL,
            to=notice.address,
            subject=letter.subject,
            text=rendered.text,
            html=rendered.html,
            code=letter.code,
            link=url,
        )

    def _letter(self, pool: Pool, notice: Notice, brand: str, filling: Filling) -> Letter:
        """The notice in our own words."""
        language = wording.choose_language(notice.language)
        by_link = filling.url is not None
        words = wording.words_with_link(language) if by_link else wording.words_of(notice.kind, language)
        values = {
            "brand": brand,
            "username": filling.username,
            "days": str(pool.settings.password_policy.temporary_validity_days),
        }
        return Letter(
            brand=brand,
            language=language,
            subject=words.subject.format(**values),
            paragraphs=tuple(paragraph.format(**values) for paragraph in words.paragraphs),
            closing=tuple(paragraph.format(**values) for paragraph in words.closing),
            code=(filling.code or None) if not by_link else None,
            link=templates.link_of(filling, None, wording.link_label(language)),
            host=self._host if notice.kind in _CARRYING_A_CODE and not by_link else None,
        )

    def _as_written(self, template: str, filling: Filling, letter: Letter) -> RenderedLetter:
        """An administrator's own HTML, without our envelope; the text part is its words, the code and the bound line."""
        body = templates.fill_html(template, filling)
        if letter.link is not None and templates.find_link_label(template) is None:
            body += templates.fill_html(f"<p>{{##{letter.link.label}##}}</p>", filling)
        text = templates.text_of(body)
        if letter.code is not None and letter.code not in text.splitlines():
            text += f"\n\n{letter.code}"
        if letter.code is not None and letter.host is not None:
            text = domain_bound(text, host=letter.host, code=letter.code)
        return RenderedLetter(html=templates.as_document(body, language=letter.language), text=text + "\n")

    def _text(self, pool: Pool, notice: Notice, brand: str) -> Message:
        filling = _filling(notice, None)
        template = pool.settings.messages.sms_verification if notice.kind in _VERIFYING else None
        if notice.kind is NoticeKind.AUTHENTICATION:
            template = pool.settings.messages.sms_authentication
        if notice.kind is NoticeKind.INVITATION:
            template = pool.settings.messages.invitation_sms
        if template is not None:
            variants = [" ".join(templates.fill_text(template, filling).split("\n")).strip()]
        else:
            words = wording.words_of(notice.kind, wording.choose_language(notice.language)).text
            short = brand if len(brand) <= _BRAND_IN_A_TEXT else brand[: _BRAND_IN_A_TEXT - 3].rstrip() + "..."
            variants = [
                words.format(brand=name, username=filling.username, code=filling.code)
                for name in dict.fromkeys((brand, short, self._host))
            ]
        if notice.kind in _CARRYING_A_CODE and filling.code:
            # A second text costs twice and may come first, so a line too long for one gives way to the words.
            bound = [domain_bound(text, host=self._host, code=filling.code) for text in variants]
            variants = [*bound, *variants]
        return Message(
            channel=Channel.SMS,
            to=notice.address,
            subject=None,
            text=choose_text(variants),
            html=None,
            code=filling.code or None,
        )

    def _confirmation_url(self, pool: Pool, notice: Notice) -> str | None:
        """Where a link confirms (Cognito: ``CONFIRM_WITH_LINK``). What opens there is a page with a button: a scanner's GET confirms nothing."""
        by_link = pool.settings.messages.verification_by_link and notice.kind in _CONFIRMING
        if not by_link or notice.client_id is None or notice.code is None:
            return None
        query = {"client_id": notice.client_id, "user_name": notice.username, "confirmation_code": notice.code.reveal()}
        return f"{self.public_url}/confirmUser?{urlencode(query)}"

    @property
    def _host(self) -> str:
        """Without the port: that is what the bound form compares."""
        return urlsplit(self.public_url).hostname or ""


def _filling(notice: Notice, url: str | None) -> Filling:
    return Filling(
        code=on_one_line(notice.code.reveal()) if notice.code else "", username=on_one_line(notice.username), url=url
    )


def _mail_templates(pool: Pool, kind: NoticeKind, *, by_link: bool) -> tuple[str | None, str | None]:
    """The pool's subject and words for a mail; forgotten passwords use the verification's, as in Cognito."""
    own = pool.settings.messages
    if kind is NoticeKind.AUTHENTICATION:
        return pool.settings.messages.mfa_email_subject, pool.settings.messages.mfa_email_message
    if kind is NoticeKind.INVITATION:
        return own.invitation_subject, own.invitation_email
    if kind not in _VERIFYING:
        return None, None
    return (own.link_subject, own.link_message) if by_link else (own.email_subject, own.email_message)
