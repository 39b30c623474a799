"""App clients: who may ask for tokens, how they authenticate, where answers may go."""
