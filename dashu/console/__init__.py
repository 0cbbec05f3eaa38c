"""The partner console in the browser: keys, usage, requests and webhook deliveries."""
