"""Where temporary credentials come from: the ``CredentialBroker`` of this server itself, and those of other STS servers."""
