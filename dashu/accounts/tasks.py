"""Jobs of accounts. Beat starts them; running one twice or late is safe."""

from typing import Any

from celery import shared_task

from dashu.accounts.sessions import SessionStore
from dashu.kernel.dates import lender_now
from dashu.users.services.sign_in_phones import forget_unfinished_accounts


@shared_task
def tidy_accounts(**_newer_fields: Any) -> None:
    """Forget accounts whose phone was never verified, and sessions that are over."""
    forget_unfinished_accounts(now=lender_now())
    SessionStore.clear_expired()
