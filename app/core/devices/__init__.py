"""Devices that a user's apps were seen on, and which of them stand in for a second factor (Cognito: device remembering)."""
