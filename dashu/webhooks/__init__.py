"""What partners are told: the feed of events, and the webhooks that bring it."""
