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

NOT_YET = dict.fromkeys(_LATER, "OperationNotEnabledException")
