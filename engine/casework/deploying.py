"""The bureau's processes on disk: what is in ``processes/`` and ``forms/``, made a deployment."""

from pathlib import Path
from typing import Final

from engine.casework.history import SYSTEM
from engine.runtime import Runtime
from engine.runtime.deployments import Deployment

FOLDERS: Final = {"processes": (".bpmn", ".dmn"), "forms": (".form",)}
"""Folder -> the suffixes of the files in it that belong to a deployment."""

ROOT: Final = Path(__file__).resolve().parents[2]
"""Where ``processes/`` and ``forms/`` lie: beside the package ``engine``."""


def files_on_disk(root: Path = ROOT) -> dict[str, bytes]:
    """Return the diagrams, decision tables and forms by their path in a deployment, in the order of their names.

    Raises FileNotFoundError when there is not one.
    """
    found = {
        f"{folder}/{path.name}": path.read_bytes()
        for folder, suffixes in FOLDERS.items()
        for path in sorted((root / folder).glob("*"))
        if path.suffix in suffixes
    }
    if not found:
        raise FileNotFoundError(f"no processes below {root}")
    return found


def deploy_from_disk(runtime: Runtime, *, root: Path = ROOT, actor: str = SYSTEM, note: str = "") -> Deployment:
    """Deploy what is on disk; the same content again gives the deployment there is.

    Raises Refused with every problem.
    """
    return runtime.deploy(files_on_disk(root), actor=actor, note=note)
