"""Verbs of a merchant's own people: who may act for it, and in which role."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from network.models import Membership, Merchant, User
from skuu.kit.errors import NotFound, NotPossible
from skuu.kit.jobs import enqueue


class LastOwner(NotPossible):
    """A merchant must keep somebody who can let others in."""

    code = "last_owner"


def invite_member(merchant: Merchant, email: str, role: str, *, by: str) -> Membership:
    """Give the person with this e-mail a role at the merchant and mail them the way in; opens their account if need be.

    Again: a person who is already in the team keeps the role they have, and is mailed once more.
    Raises NotPossible ``unknown_role``.
    """
    _check_role(role)
    email = email.strip().lower()
    with transaction.atomic():
        Merchant.everyone.select_for_update().get(pk=merchant.pk)
        user = User.objects.filter(email__iexact=email).order_by("pk").first() or _open_account(email)
        membership, _new = Membership.everyone.get_or_create(user=user, merchant=merchant, defaults={"role": role})
        enqueue(mail_invitation, membership.pk, by)
    return membership


def _open_account(email: str) -> User:
    user: User = User.objects.create_user(username=email[:150], email=email)  # no password: the mailed link sets one
    return user


def mail_invitation(membership_id: int, by: str) -> None:
    """Mail a member where to sign in, with a link that sets the first password when there is none yet."""
    membership = Membership.everyone.select_related("user", "merchant").filter(pk=membership_id).first()
    if membership is None:
        return
    user = membership.user
    if user.has_usable_password():
        path = reverse("account_login")
    else:
        uid, key = user_pk_to_url_str(user), default_token_generator.make_token(user)
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": key})
    facts = {
        "membership": membership,
        "by": by,
        "link": settings.BASE_URL + path,
        "network": settings.NETWORK_NAME,
    }
    subject = f"{membership.merchant.name}: you can work in {settings.NETWORK_NAME} now"
    send_mail(subject, render_to_string("emails/invitation.txt", facts), None, [user.email])


def change_role(merchant: Merchant, membership_id: int, role: str) -> Membership:
    """Give a member another role. Locks the merchant's memberships. Raises NotFound, LastOwner, NotPossible ``unknown_role``."""
    _check_role(role)
    with transaction.atomic():
        membership = _locked(merchant, membership_id, still_owner=role == "owner")
        membership.role = role
        membership.save(update_fields=["role"])
    return membership


def remove_member(merchant: Merchant, membership_id: int) -> Membership:
    """Take a person out of the team; their account stays. Locks the merchant's memberships. Raises NotFound, LastOwner."""
    with transaction.atomic():
        membership = _locked(merchant, membership_id, still_owner=False)
        membership.delete()
    return membership


def _check_role(role: str) -> None:
    if role not in Membership.ROLES:
        raise NotPossible("Choose one of the roles: owner, operations, finance, read only.", code="unknown_role")


def _locked(merchant: Merchant, membership_id: int, *, still_owner: bool) -> Membership:
    rows = {
        row.pk: row
        for row in Membership.everyone.select_for_update(of=("self",))
        .select_related("user")
        .filter(merchant=merchant)
        .order_by("pk")
    }
    membership = rows.get(membership_id)
    if membership is None:
        raise NotFound("There is no such member of the team.")
    owners = [row.pk for row in rows.values() if row.role == "owner"]
    if owners == [membership.pk] and not still_owner:
        raise LastOwner("This is the only owner. Make somebody else an owner first.")
    return membership
