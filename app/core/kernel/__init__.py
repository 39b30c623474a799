"""What every room stands on: errors, identifiers, time, secrets and sealing. It knows no other room."""
