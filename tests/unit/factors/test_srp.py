import hashlib
import secrets

import pytest

from app.adapters.system.big_numbers import LibcryptoPower, choose_power
from app.core.factors import srp
from app.core.kernel.errors import InvalidParameter

NAMES = srp.Names(group=srp.pool_name("us-east-1_TestPool1"), member="3b1f6c1e-0c1b-4d8e-9a55-1f2e3d4c5b6a")
PASSWORD = "Correct-Horse-9"
SALT = bytes.fromhex("8f1d2c3b4a5968778695a4b3c2d1e0f1")


def sha512(text: str) -> int:
    return int.from_bytes(hashlib.sha512(text.encode()).digest(), "big")


def sha256_of(number: int) -> str:
    return hashlib.sha256(srp.pad(number)).hexdigest()


def test_the_published_exchange_comes_out():
    power = choose_power()
    assert hex(srp.K) == "0x538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"
    x = srp.password_key(NAMES, PASSWORD, SALT)
    assert hex(x) == "0x908ce4d4d642003fc7fb90f4ddcbfa52f26c9e78143bcf154b32f302a1cae4f7"
    verifier = srp.make_verifier(power, NAMES, PASSWORD, SALT)
    assert sha256_of(verifier.value) == "ad28ae9185f59c29e6111fa880ebedae2de9596ca6c0d3693fb8df7069abe90d"
    a = pow(srp.G, sha512("a"), srp.N)
    assert sha256_of(a) == "c6d3e8eff86abb3a5afa6f332cd9708835bc5c1483cc74e41e84694cb026fa57"
    offer = srp.make_offer(power, verifier, sha512("b"))
    assert sha256_of(offer.public) == "bbf7777ee74e586799f5347c87020596744b8470ff83fd602654c1c2c3392530"
    key = srp.session_key(power, srp.read_public(f"{a:x}"), verifier, offer)
    assert key.hex() == "0c2a7d3258d71926dc064459e60e2096"
    signed = srp.signature(key, NAMES, bytes(range(32)), "Fri Nov 20 21:04:05 UTC 2026")
    assert signed == "VnXU668EY6T73T0eI+2+5yaMfbwcsXSCLk9RAPbFLbQ="
    assert srp.fits(signed, signed)
    assert not srp.fits(signed, signed[:-2] + "A=")


@pytest.mark.spec("RFC 5054 §2.5.4")
@pytest.mark.parametrize(
    "text", ["", "0", "00", f"{srp.N:x}", f"{2 * srp.N:X}", "xyz", "-1", "0x1", " 1", "f" * 1025, "１"]
)
def test_a_public_value_that_no_client_sends_is_refused(text):
    with pytest.raises(InvalidParameter):
        srp.read_public(text)


def test_libcrypto_is_found_and_reckons_as_python_does():
    power = choose_power()
    assert isinstance(power, LibcryptoPower)
    for _ in range(5):
        base, exponent = secrets.randbits(3100), secrets.randbits(512)
        assert power(base, exponent, srp.N) == pow(base, exponent, srp.N)
    assert power(5, 0, srp.N) == 1
    assert power(0, 5, srp.N) == 0
