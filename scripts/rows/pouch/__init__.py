"""PouchDB -> express-pouchdb, which many a point of sale rests on: installed by npm into .cache when it is measured."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).with_name("replicate.cjs")
PACKAGES = ("pouchdb@9.0.0", "express-pouchdb@4.2.0", "express@4.21.2")
_INSTALL_S, _PUSH_S = 300, 300


def install(folder: Path) -> bool:
    """Install the packages into `folder` unless they are there, and say whether that was possible."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return False
    if not (folder / "node_modules" / "express-pouchdb").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--save-exact", *PACKAGES]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=_INSTALL_S)
        return done.returncode == 0
    return True


def documents_per_s(packages: Path, folder: Path, documents: Path, count: int, batch: int) -> float:
    """Replicate a file of documents (JSON, one a line) between two processes, and return how many a second."""
    folder.mkdir()
    node = ["node", str(SCRIPT), str(packages.resolve())]
    served = folder / "served"
    served.mkdir()
    with subprocess.Popen([*node, "serve", str(served)], stdout=subprocess.PIPE, text=True, cwd=folder) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{int(server.stdout.readline())}"
            push = [*node, "push", url, str(documents), str(batch), str(folder / "own")]
            done = subprocess.run(push, capture_output=True, check=True, text=True, cwd=folder, timeout=_PUSH_S)
            return count / float(done.stdout)
        finally:
            server.terminate()
