"""What an application asks consent for. The names are those of `dashu.consents`."""

# Without these there is nothing to decide on. What is only asked for is never a condition: without it a person decides.
NEEDED = ("PERSONAL_DATA", "CREDIT_REPORT")
ASKED = ("AUTOMATED_DECISION",)
EVERY = (*NEEDED, *ASKED)
# What a guarantor of the loan agrees to before signing; an applicant is never asked for these.
OF_GUARANTORS = ("GUARANTOR_DATA", "GUARANTEE")
