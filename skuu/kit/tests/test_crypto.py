"""What is encrypted can be read with any key of the ring, and only so."""

import pytest
from cryptography.fernet import Fernet

from skuu.kit import crypto


def test_the_newest_key_writes_and_older_ones_still_read(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SKUU_KEYRING = [old]
    written_before = crypto.encrypt("Oudegracht 12")
    settings.SKUU_KEYRING = [new, old]
    assert crypto.decrypt(written_before) == "Oudegracht 12"
    assert Fernet(new).decrypt(crypto.encrypt("x")) == b"x"


def test_a_lost_key_is_an_error_that_says_so(settings):
    token = crypto.encrypt("secret")
    settings.SKUU_KEYRING = [Fernet.generate_key().decode()]
    with pytest.raises(crypto.Unreadable, match="No key in SKUU_KEYRING"):
        crypto.decrypt(token)


def test_nothing_stays_nothing():
    assert (crypto.encrypt(""), crypto.decrypt("")) == ("", "")
