"""What holds for the repository as a whole."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.conftest import REPOSITORY

REGISTRIES = re.compile(r"(pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.org|deb\.debian\.org)")


def test_the_import_contracts_hold() -> None:
    # In a process of its own: it silences every logger there is, and other tests read the log.
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_package_of_the_layout_stands_under_a_contract() -> None:
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - {"bench", "tests"}
    assert packages == set(contracts["root_packages"])


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True, cwd=REPOSITORY)
    return [path for name in listed.stdout.splitlines() if (path := REPOSITORY / name).is_file()]


def test_no_committed_file_names_a_registrys_host() -> None:
    named = [
        path.name
        for path in committed()
        if path != Path(__file__) and REGISTRIES.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert named == []


def test_no_generated_or_bundled_file_is_committed() -> None:
    large = [f"{path.name}: {path.stat().st_size} bytes" for path in committed() if path.stat().st_size > 400_000]
    built = [path.name for path in committed() if "dist" in path.parts or path.suffix in {".mo", ".map"}]
    assert large + built == []


def test_every_lock_names_a_hash_for_every_package() -> None:
    for lock in (REPOSITORY / "requirements").glob("*.lock"):
        blocks = re.split(r"\n(?=\S)", lock.read_text().strip())
        assert all("--hash=sha256:" in block for block in blocks), lock.name
