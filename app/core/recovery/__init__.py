"""A forgotten password: a code to a verified address, then a new password (Cognito: ForgotPassword, ConfirmForgotPassword).

Who exists, who is disabled and who has no verified address is told to nobody. A reset proves an address and nothing else: it
enables nobody and skips no second factor.
"""
