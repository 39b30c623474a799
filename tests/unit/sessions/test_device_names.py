"""What a user agent says of a device, and what of it is kept."""

import pytest

from app.core.sessions.device_names import describe_device


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0",
            "Windows, Edge",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1",
            "iOS, Safari",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36",
            "Android, Chrome",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Linux, Firefox"),
        ("Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.8 lang/python#3.11", "Linux, Boto3"),
        ("aws-cli/2.31 md/awscrt#0.27 os/linux#6.8", "Linux, AWS CLI"),
        ("something of our own", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        ("x" * 100_000, "unknown"),
    ],
)
def test_a_user_agent_becomes_a_system_and_a_program(agent, said):
    assert describe_device(agent) == said
