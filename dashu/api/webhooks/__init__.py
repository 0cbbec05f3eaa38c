"""The events feed and webhooks, as partners' programs see them."""
