"""Operations that wait for the rooms behind them. Until then each answers with one of its modelled errors."""

NOT_YET = dict.fromkeys(
    ("GetCredentialsForIdentity", "GetId", "GetOpenIdToken", "GetOpenIdTokenForDeveloperIdentity"),
    "NotAuthorizedException",
)
