"""Operations that wait for the rooms behind them. Until then each answers with one of its modelled errors."""

_LATER = (
    "CreateIdentityProvider", "DescribeIdentityProvider", "GetIdentityProviderByIdentifier", "UpdateIdentityProvider",
    "DeleteIdentityProvider", "ListIdentityProviders", "AdminLinkProviderForUser", "AdminDisableProviderForUser",
    "GetSigningCertificate",
    "GetCSVHeader", "CreateUserImportJob", "DescribeUserImportJob", "ListUserImportJobs", "StartUserImportJob",
    "StopUserImportJob",
    "CreateManagedLoginBranding", "UpdateManagedLoginBranding", "DescribeManagedLoginBranding",
    "DescribeManagedLoginBrandingByClient", "DeleteManagedLoginBranding",
    "CreateTerms", "DescribeTerms", "UpdateTerms", "DeleteTerms", "ListTerms", "DescribeTermsByClient",
    "SetRiskConfiguration", "DescribeRiskConfiguration", "AdminListUserAuthEvents", "AdminUpdateAuthEventFeedback",
    "UpdateAuthEventFeedback",
    "SetLogDeliveryConfiguration", "GetLogDeliveryConfiguration",
    "CreateUserPoolReplica", "DeleteUserPoolReplica", "ListUserPoolReplicas", "UpdateUserPoolReplica",
    "GetProvisionedLimit", "UpdateProvisionedLimit",
    "GetClientToken", "GetDerivedToken",
)  # fmt: skip

_WITHOUT_A_WORD_FOR_IT = (
    "CreateIdentityProvider", "DescribeIdentityProvider", "GetIdentityProviderByIdentifier", "UpdateIdentityProvider",
    "DeleteIdentityProvider", "ListIdentityProviders", "SetLogDeliveryConfiguration", "GetLogDeliveryConfiguration",
    "GetProvisionedLimit", "UpdateProvisionedLimit",
)  # fmt: skip
"""They do not model OperationNotEnabledException."""

NOT_YET = dict.fromkeys(_LATER, "OperationNotEnabledException") | dict.fromkeys(
    _WITHOUT_A_WORD_FOR_IT, "InvalidParameterException"
)
