"""Where a web server finds the application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skuu.settings")
application = get_wsgi_application()
