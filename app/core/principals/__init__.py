"""Who may call signed operations: access keys that this server issued, and the policy that limits a key."""
