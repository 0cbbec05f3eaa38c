"""
Credit bureaus, each behind the one interface of `loans.bureaus.base`; docs/credit-bureau.md says what is sent.

An adapter turns a question about one person into the bureau's request and its answer into a `CreditFile`. It knows no
rows, and an answer that cannot be read to the letter is no answer.
"""
