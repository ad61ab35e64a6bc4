"""What templates say of parcels."""

from django import template

from orders.models import Parcel
from orders.tracking_page import tracking_path

register = template.Library()


@register.filter
def tracking_page(parcel: Parcel) -> str:
    """Name the page on which the customer follows a parcel."""
    return tracking_path(parcel)
