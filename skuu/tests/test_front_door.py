import subprocess
import sys

from django.conf import settings


def test_without_django_the_front_door_says_what_to_do():
    ran = subprocess.run(
        [sys.executable, "-S", "-E", "manage.py", "score_pairs"], cwd=settings.BASE_DIR, capture_output=True, text=True
    )
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "make setup" in ran.stderr
