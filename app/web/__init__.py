"""What the web blueprints share: which pool, the client's address, security headers, cookies, CSRF, pages."""
