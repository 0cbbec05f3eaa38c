"""What an application asks consent for. The names are those of `dashu.consents`."""

# Without these there is nothing to decide on. What is only asked for is never a condition: without it a person decides.
NEEDED = ("PERSONAL_DATA", "CREDIT_REPORT")
ASKED = ("AUTOMATED_DECISION",)
EVERY = (*NEEDED, *ASKED)
