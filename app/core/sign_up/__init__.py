"""Registering: sign up, confirm the address with a code, ask for the code again (Cognito: SignUp, ConfirmSignUp,
ResendConfirmationCode). Where an e-mail address is the username, pages do not tell whether it has an account: its owner is
written to instead.
"""
