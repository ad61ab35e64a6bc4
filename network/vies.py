"""The Union's register of VAT numbers (VIES), asked over its public REST service."""

import requests
from django.conf import settings

from network.vat_ids import INVALID, NOT_CHECKED, VALID, Answer

TIMEOUT = 5
_DOWN = "The register did not answer: "


def ask_vies(vat_id: str) -> Answer:
    """Ask VIES about a number, in the name of the network when it has one of its own, so that a consultation number comes back.

    Not checked: numbers of countries outside, a register or a member state that does not answer, an answer nobody understands.
    """
    country, number = vat_id[:2], vat_id[2:]
    if country in ("GB", "CH", "LI", "NO"):
        return Answer(NOT_CHECKED, "vies", reason=f"VIES does not know numbers of {country}.")
    body = {"countryCode": country, "vatNumber": number}
    if settings.NETWORK_VAT_ID:
        body |= {
            "requesterMemberStateCode": settings.NETWORK_VAT_ID[:2],
            "requesterNumber": settings.NETWORK_VAT_ID[2:],
        }
    try:
        said = requests.post(settings.VIES_URL, json=body, timeout=TIMEOUT)
        told = said.json()
    except (requests.RequestException, ValueError) as error:
        return Answer(NOT_CHECKED, "vies", reason=f"{_DOWN}{type(error).__name__}.")
    if not isinstance(told, dict) or not isinstance(told.get("valid"), bool) or said.status_code != 200:
        return Answer(NOT_CHECKED, "vies", reason=f"{_DOWN}{_error_in(told, said.status_code)}.")
    return Answer(VALID if told["valid"] else INVALID, "vies", consultation=str(told.get("requestIdentifier") or ""))


def _error_in(told: object, status: int) -> str:
    wrappers = told.get("errorWrappers") if isinstance(told, dict) else None
    if isinstance(wrappers, list) and wrappers and isinstance(wrappers[0], dict):
        return str(wrappers[0].get("error", status))
    return str(status)
