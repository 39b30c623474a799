import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from typing import Any

from app.blueprints.oauth2.errors import refusal

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class ProofKey:
    """PKCE as an extension of the code grant: S256 and nothing else (RFC 7636; RFC 9700 §2.1.1).

    Authlib's own takes ``plain``, defaults to it, and asks for a challenge only when the code has long been issued.
    """

    def __call__(self, grant: Any) -> None:
        grant.register_hook("after_validate_authorization_request_payload", self.check_challenge)
        grant.register_hook("after_validate_token_request", self.check_verifier)

    def check_challenge(self, grant: Any, _redirect_uri: str) -> None:
        """At the authorization endpoint (RFC 7636 §4.4.1)."""
        data = grant.request.payload.data
        challenge, method = data.get("code_challenge"), data.get("code_challenge_method")
        if challenge is None and method is None:
            if grant.request.client.client.requires_pkce:
                raise refusal("invalid_request", "This client must send a code_challenge (PKCE).")
            return
        if challenge is None:
            raise refusal("invalid_request", "code_challenge_method stands without code_challenge.")
        if method != "S256":
            raise refusal("invalid_request", "code_challenge_method must be S256.")
        if _CHALLENGE.fullmatch(challenge) is None:
            raise refusal("invalid_request", "code_challenge must be 43 characters of base64url.")

    def check_verifier(self, grant: Any, _result: None) -> None:
        """At the token endpoint (RFC 7636 §4.6). A verifier without a challenge tells of a downgrade (RFC 9700 §4.8.2)."""
        verifier = grant.request.form.get("code_verifier")
        challenge = grant.request.authorization_code.code.code_challenge
        if challenge is None:
            if verifier is not None:
                raise refusal("invalid_grant", "The code was asked for without code_challenge.")
            return
        if verifier is None:
            raise refusal("invalid_request", "code_verifier is missing.")
        if _VERIFIER.fullmatch(verifier) is None or not hmac.compare_digest(_s256(verifier), challenge):
            raise refusal("invalid_grant", "code_verifier does not match.")


def _s256(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
