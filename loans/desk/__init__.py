"""The underwriter's desk: what waits for a person, one application with all that is known of it, and the acts on it."""
