"""A user's own changes (Cognito: ChangePassword), and what an administrator's changes leave behind (audit, invitations)."""
