"""What Authlib's grants must be told: how things are looked up and stored. They only look; the core claims."""
