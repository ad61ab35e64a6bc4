"""People signed in for tests: with a password alone, or with a second factor shown in this very session."""

import time
from typing import Any

from allauth.account.internal.userkit import user_id_to_str
from django.test import Client


def signed_in(user: Any, *, second_factor: bool = False, **client: Any) -> Client:
    """Open a browser in which this person has signed in."""
    browser = Client(**client)
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    records = [{"method": "password", "at": time.time(), "username": user.get_username()}]
    if second_factor:
        records.append({"method": "mfa", "at": time.time(), "type": "totp"})
    session = browser.session
    session["account_authentication_methods"] = records
    session["account_authentication_methods_user"] = user_id_to_str(user)
    session.save()
    return browser
