"""What is agreed to by whoever signs up without an account. A changed text gets a new version; both stay here."""

# The version that is asked for now; the words of it are `education/workshops/_consent.html`.
CONSENT_VERSION = 1
# From the end of the workshop on: after so many days nothing says any more who a visitor was.
FORGET_AFTER_DAYS = 30
