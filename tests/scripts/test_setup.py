"""`scripts/setup` in a small tree of its own, with the machine's packages played by a few stand-in commands."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A project that pip can install without any other package: its build backend lies beside it.
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import zipfile
from pathlib import Path

METADATA = "Metadata-Version: 2.1\\nName: little\\nVersion: 1\\n"
WHEEL = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "little-1-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory, name), "w") as wheel:
        wheel.writestr("little-1.dist-info/METADATA", METADATA)
        wheel.writestr("little-1.dist-info/WHEEL", WHEEL)
        wheel.writestr("little-1.dist-info/RECORD", "")
    return name
"""
# Debian's database: everything asked for is installed, except what the file `missing` names.
DPKG_QUERY = """#!/bin/sh
for package; do
    case "$package" in -*) continue ;; esac
    grep -qx "$package" "$TREE/missing" || printf '[%s installed]' "$package"
done
"""
APT_GET = """#!/bin/sh
echo "$*" >> "$TREE/apt-calls"
case "$*" in *" install "*) echo "E: the mirror is on fire"; exit 100 ;; esac
"""


class Tree:
    """A checkout with nothing but the set-up in it."""

    def __init__(self, path: Path, *, missing: str = "", uid: int = 0) -> None:
        self.path = path
        (path / "scripts" / "pins").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "setup", path / "scripts" / "setup")
        for name in ("build.txt", "dev.txt"):
            (path / "scripts" / "pins" / name).touch()
        (path / "pyproject.toml").write_text(PYPROJECT)
        (path / "backend.py").write_text(BACKEND)
        (path / "missing").write_text(missing)
        (path / "bin").mkdir()
        self.command("dpkg-query", DPKG_QUERY)
        self.command("apt-get", APT_GET)
        self.command("id", f"#!/bin/sh\necho {uid}\n")
        self.command("sudo", "#!/bin/sh\nexit 1\n")

    def command(self, name: str, script: str) -> None:
        file = self.path / "bin" / name
        file.write_text(script)
        file.chmod(0o755)

    def setup(self, *packages: str) -> subprocess.CompletedProcess[str]:
        """Run scripts/setup without HOME, DISPLAY or a terminal."""
        env = {"PATH": f"{self.path / 'bin'}:{os.defpath}", "TREE": str(self.path)}
        return subprocess.run(
            [self.path / "scripts" / "setup", *packages],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def apt_calls(self) -> list[str]:
        return (self.path / "apt-calls").read_text().splitlines()


def test_an_account_that_may_not_install_is_given_the_exact_line(tmp_path: Path) -> None:
    tree = Tree(tmp_path, missing="swig\npcscd\n", uid=1000)

    done = tree.setup("pcscd")

    assert done.returncode == 2
    assert "apt-get update && apt-get install -y --no-install-recommends swig pcscd'" in done.stderr
    assert not (tmp_path / "apt-calls").exists()
    assert not (tmp_path / ".venv").exists()


def test_only_what_is_missing_is_installed_after_an_update_of_the_lists(tmp_path: Path) -> None:
    tree = Tree(tmp_path, missing="vsmartcard-vpcd\n")

    tree.setup("pcscd", "vsmartcard-vpcd")

    update, install = tree.apt_calls()
    assert update.endswith(" update")
    assert install.endswith(" install --no-install-recommends vsmartcard-vpcd")


def test_what_apt_says_is_shown_when_it_fails(tmp_path: Path) -> None:
    tree = Tree(tmp_path, missing="swig\n")

    done = tree.setup()

    assert done.returncode == 100
    assert "the mirror is on fire" in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.slow
def test_a_second_run_is_quick_and_silent_and_each_change_redoes_its_part(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    venv_made_at = tmp_path / ".venv" / "pyvenv.cfg"

    first = tree.setup()
    assert (first.returncode, first.stdout) == (0, "")
    assert "ready" in first.stderr

    made = venv_made_at.stat().st_mtime_ns
    started = time.monotonic()
    second = tree.setup()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert time.monotonic() - started < 2

    (tmp_path / "pyproject.toml").write_text(PYPROJECT + "# changed\n")
    third = tree.setup()
    assert "ready" in third.stderr
    assert venv_made_at.stat().st_mtime_ns == made

    (tmp_path / "scripts" / "pins" / "dev.txt").write_text("# changed\n")
    fourth = tree.setup()
    assert "making .venv" in fourth.stderr
    assert venv_made_at.stat().st_mtime_ns != made


@pytest.mark.slow
def test_an_interrupted_setup_starts_over(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").write_text("half written")

    done = tree.setup()

    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / ".venv" / "bin" / "python").is_symlink()
