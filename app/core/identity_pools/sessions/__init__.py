"""What credentials stand for: the role (``roles.py``), how somebody signed in and their tags (``proof.py``), and what limits them."""
