"""Django's PostgreSQL backend, which starts the embedded server before it connects."""

from typing import Any

from django.db.backends.postgresql import base

from skuu.postgresql import server


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL as ever; a server that died is started again by the next connection."""

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        params["host"] = str(server.ensure_running())
        return params
