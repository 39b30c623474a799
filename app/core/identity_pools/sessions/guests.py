"""What a guest's credentials may at most do, whatever the role allows (Cognito: "Services that unauthenticated users can access").

Enhanced flow only. The two policies together: what either allows stays.
"""

import json

_INLINE = (
    "apigateway", "appsync", "cloudwatch", "codewhisperer", "cognito-identity", "cognito-idp", "cognito-sync", "comprehend", "dynamodb",
    "execute-api", "firehose", "gamelift", "geo", "iot", "kinesisanalytics", "lambda", "lex", "logs", "machinelearning",
    "mobileanalytics", "mobiletargeting", "personalize", "polly", "rekognition", "s3", "sdb", "ses", "sns", "sqs", "transcribe",
    "translate",
)  # fmt: skip
_SINGLE = (
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
    "sagemaker:InvokeEndpoint",
    "sumerian:View*",
    "textract:AnalyzeDocument",
    "textract:DetectDocumentText",
)
_MANAGED = ("rum:PutRumEvents",)


def _allowing(actions: list[str]) -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


SESSION_POLICIES = (
    _allowing([*(f"{service}:*" for service in _INLINE), *_SINGLE]),
    _allowing(list(_MANAGED)),
)
