"""
Mail to somebody who is no borrower and asked for it: who signed up for a workshop with nothing but an address.

It does not pass the outbox, which is kept for years and by borrower. The caller keeps the contact hours.
"""

import smtplib

from django.core.mail import EmailMessage

from dashu.messaging.delivery import NotDelivered


def send_guest_mail(*, key: str, address: str, subject: str, text: str) -> None:
    """
    Hand a mail over. Calls the mail server: not in a transaction.

    :param key: the same key again is the same message, for servers and readers that drop a second one.
    :raises NotDelivered: it was not taken, as far as we know.
    """
    headers = {"Message-ID": f"<{key}@workshops.dashu>", "Auto-Submitted": "auto-generated"}
    try:
        EmailMessage(" ".join(subject.split()), text, to=[address], headers=headers).send()
    except smtplib.SMTPRecipientsRefused as error:
        raise NotDelivered("the mail server refused the address", can_heal=False) from error
    except smtplib.SMTPResponseException as error:
        raise NotDelivered(f"the mail server answered {error.smtp_code}", can_heal=error.smtp_code < 500) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotDelivered(f"the mail server is not reachable: {type(error).__name__}", can_heal=True) from error
