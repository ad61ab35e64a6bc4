"""The static files, looked up once for a process of tests: they do not change meanwhile, and every test client asks anew."""

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]


def remember() -> None:
    """Let every chain of middleware have what the first one found. *Again*: no change.

    What is served, and by whom, stays as it is; only the search is spared, which costs more than most requests of a test.
    """
    plain: Any = WhiteNoiseMiddleware.add_files_from_finders
    if plain.__module__ == __name__:
        return
    found: dict[str, Any] = {}

    def add_files_from_finders(self: Any) -> None:
        if not found:
            plain(self)
            found.update(self.files)
        self.files.update(found)

    WhiteNoiseMiddleware.add_files_from_finders = add_files_from_finders
