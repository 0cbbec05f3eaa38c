"""Templates of messages that only tests send."""

from dashu.messaging.templates import MessageTemplate, register

for _code, _subject, _first in (
    ("sample.upcoming", "%(amount)s is due on %(due_on)s", "%(amount)s for loan %(loan_number)s is due on %(due_on)s."),
    ("sample.due_today", "%(amount)s is due today", "%(amount)s for loan %(loan_number)s is due today, %(due_on)s."),
    ("sample.overdue", "Loan %(loan_number)s is open", "%(amount)s for loan %(loan_number)s was due on %(due_on)s."),
):
    register(MessageTemplate(_code, _subject, (_first, "You can pay on your loan's page.")))
