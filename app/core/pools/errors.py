"""Facts that only this room raises."""

from app.core.kernel.errors import Conflict, Fact, InvalidParameter


class FeatureUnavailableInTier(Fact):
    """Cognito: FeatureUnavailableInTierException. ``feature`` and the least tier it needs are the caller's own words."""

    message = "The feature is not available in the feature plan of the user pool."

    def __init__(self, feature: str | None = None, tier: str = "ESSENTIALS") -> None:
        super().__init__(None if feature is None else f"{feature} requires the {tier} feature plan or higher.")


class TierChangeNotAllowed(Fact):
    """Cognito: TierChangeNotAllowedException: what the pool keeps over updates needs its present tier."""

    message = "The feature plan cannot be changed while the user pool uses features that it does not include."


class TagsRefused(InvalidParameter):
    """Cognito: UserPoolTaggingException at the operations on pools, InvalidParameterException at those on tags."""

    message = "The tags of a user pool cannot be set."


class DomainTaken(InvalidParameter, Conflict):
    """Cognito: InvalidParameterException; domain names are one another's rivals over all pools."""

    message = "Domain already associated with another user pool."
