"""Wake-up calls by the sweep's name, so that verbs need not know their own door."""

from skuu.kit.jobs import ring


def wake(*sweeps: str) -> None:
    """Wake sweeps of this stage once the surrounding transaction has committed."""
    from orders import tasks

    for name in sweeps:
        ring(getattr(tasks, name))
