"""Short ways to write a policy and to ask it something."""

from app.core.policy import Asked, Policies, PolicyKind, Trusted, decide, decide_trust, parse

SUB = "cognito-identity.amazonaws.com:sub"
AUD = "cognito-identity.amazonaws.com:aud"
AMR = "cognito-identity.amazonaws.com:amr"
ME, OTHER = "us-east-1:1111", "us-east-1:2222"
POOLS = "cognito-identity.amazonaws.com"

# The two policies, to the letter.
GUEST = '{"Version": "2012-10-17", "Statement": [{"Action": ["s3:GetObject"], "Effect": "Allow", "Resource": ["arn:aws:s3:::mybucket/assets/my_picture.jpg"]}]}'
OWN_FOLDER = """{"Version": "2012-10-17", "Statement": [
  {"Action": ["s3:ListBucket"], "Effect": "Allow", "Resource": ["arn:aws:s3:::mybucket"], "Condition": {"StringLike": {"s3:prefix": ["${cognito-identity.amazonaws.com:sub}/*"]}}},
  {"Action": ["s3:GetObject", "s3:PutObject"], "Effect": "Allow", "Resource": ["arn:aws:s3:::mybucket/${cognito-identity.amazonaws.com:sub}/*"]}]}"""


def statement(effect="Allow", action="s3:GetObject", resource="*", **members):
    """Members given as None are left out; ``NotAction`` and its like stand instead of theirs."""
    made = {"Effect": effect, "Action": action, "Resource": resource, **members}
    for negation, member in (("NotAction", "Action"), ("NotResource", "Resource")):
        if negation in members:
            del made[member]
    return {name: value for name, value in made.items() if value is not None}


def document(*statements, version="2012-10-17"):
    return {"Version": version, "Statement": list(statements)}


def policy(*statements, version="2012-10-17", kind=PolicyKind.IDENTITY, name="p"):
    return parse(document(*statements, version=version), kind, name=name)


def trust(*statements):
    made = [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", **each} for each in statements]
    return parse(document(*made), PolicyKind.TRUST, name="r")


def asked(action="s3:GetObject", resource="arn:aws:s3:::b/k", **context):
    """Keys of the context as ``s3__prefix``; a value alone or several."""
    return Asked(action=action, resource=resource, context=keys(context))


def keys(context):
    return {
        name.replace("__", ":").lower(): (value,) if isinstance(value, str) else tuple(value)
        for name, value in context.items()
    }


def judged(document, question, *, boundary=None, session=None):
    """The decision of policies, of which one may be given alone."""
    identity = document if isinstance(document, tuple) else (document,)
    return decide(Policies(identity=identity, boundary=boundary, session=session), question)


def holds(condition, effect="Allow", **context):
    """Whether a statement under this condition applies to a request with this context."""
    if effect == "Allow":
        return judged(policy(statement(Condition=condition)), asked(**context)).allowed
    both = policy(statement(), statement("Deny", Condition=condition))
    return not judged(both, asked(**context)).allowed


def assumed(document, *, federated=None, aws=None, service=None, **context):
    question = Asked(
        action="sts:AssumeRoleWithWebIdentity", resource="arn:aws:iam::111111111111:role/r", context=keys(context)
    )
    return decide_trust(document, Trusted(federated=federated, aws=aws, service=service), question)
