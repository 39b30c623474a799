"""``cognito-identity``: one family of handlers a file. Each parses its input, calls one use case of the core, and renders what returns."""
