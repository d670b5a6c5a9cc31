"""Find a Chromium for the browser tests, or install one: ``python -m tests.browser.chromium``.

In this order: an installed Chromium or Chrome; Debian's package when we are root; Playwright's own build.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")


def find() -> str | None:
    """Return the path of an installed Chromium or Chrome, or None."""
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    cached = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    builds = sorted(cached.glob("chromium-*/chrome-linux*/chrome"))
    return str(builds[-1]) if builds else None


def install() -> None:
    """Install a Chromium; raises CalledProcessError when nothing works."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment, stdout=sys.stderr)
        done = subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES],
            check=False,
            env=environment,
            stdout=sys.stderr,
        )
        if done.returncode == 0 and find():
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True, stdout=sys.stderr)


def main() -> int:
    if find() is None:
        print("Installing Chromium for the browser tests …", file=sys.stderr, flush=True)
        try:
            install()
        except subprocess.CalledProcessError:
            print("No Chromium can be installed; install Chromium or Chrome and try again.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
