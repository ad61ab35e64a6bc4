"""The peers' own virtual environment: made once from requirements-bench.txt, apart from what the product runs on."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
HOME = ROOT / "var" / "bench-peers"
WANTED = ROOT / "requirements-bench.txt"


def peers_python() -> pathlib.Path:
    """Name the Python that has the peers; install them first when the list changed. *Raises* CalledProcessError."""
    python, installed = HOME / "bin" / "python", HOME / "installed.txt"
    if not (installed.exists() and installed.read_text() == WANTED.read_text()):
        _run(sys.executable, "-m", "venv", str(HOME))
        _run(str(python), "-m", "pip", "install", "--quiet", "--requirement", str(WANTED))
        installed.write_text(WANTED.read_text())
    return python


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=2)
