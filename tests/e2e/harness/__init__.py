"""What the end-to-end tests and the demo stand on: processes, identities, a client of our own."""
