#!/usr/bin/env python
"""Django's front door, which names the settings and says what to do where Django is missing."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skuu.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed for this Python. Run `make setup`, then .venv/bin/python manage.py …")

    execute_from_command_line(sys.argv)
