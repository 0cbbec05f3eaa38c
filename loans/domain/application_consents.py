"""What an application asks consent for. The names are those of `dashu.consents`."""

# Without these there is nothing to decide on, and no loan that may be told to the credit bureau, as it has to be. What
# is only asked for is never a condition: without it a person decides.
NEEDED = ("PERSONAL_DATA", "CREDIT_REPORT", "CREDIT_REPORTING")
ASKED = ("AUTOMATED_DECISION",)
EVERY = (*NEEDED, *ASKED)
# What a guarantor of the loan agrees to before signing; an applicant is never asked for these.
OF_GUARANTORS = ("GUARANTOR_DATA", "GUARANTEE")
