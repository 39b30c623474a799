"""Devices that users have remembered."""
