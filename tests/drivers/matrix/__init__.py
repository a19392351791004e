"""Which driver logs in as which identity, with credentials from which source."""
