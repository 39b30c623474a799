"""What a user agent says of the device behind it."""


def describe_device(user_agent: str | None) -> str:
    """The system and the program that a user agent names, as far as it can be told; nothing of what identifies one machine."""
    agent = user_agent or ""
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    program = next((name for mark, name in _PROGRAMS if mark in agent), None)
    return ", ".join(part for part in (system, program) if part) or "unknown"


# The first that fits is the most particular: every browser claims to be its ancestors.
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("macos", "macOS"),
    ("Darwin", "macOS"),
    ("Linux", "Linux"),
    ("linux", "Linux"),
)
_PROGRAMS = (
    ("aws-cli", "AWS CLI"),
    ("Boto3", "Boto3"),
    ("Botocore", "Botocore"),
    ("aws-amplify", "Amplify"),
    ("aws-sdk-js", "AWS SDK for JavaScript"),
    ("aws-sdk", "AWS SDK"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("okhttp", "OkHttp"),
    ("python-requests", "Requests"),
    ("curl", "curl"),
)
