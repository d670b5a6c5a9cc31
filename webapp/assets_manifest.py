"""Addresses of the built front-end files, whose names carry a hash of their content.

The build (webapp/assets/build.mjs) writes webapp/static/dist/manifest.json: `{name: {kind: file, "preload": [files]}}`;
a bundle whose libraries write style attributes has their hashes as "styles".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, current_app

DIST = Path(__file__).parent / "static" / "dist"
PREFIX = "/static/dist/"
KEY = "assets"
_HASHED = re.compile(r"-[0-9A-Z]{8}\.[a-z0-9.]+$")


class AssetsMissingError(RuntimeError):
    """The front end is not built, or its manifest does not name what a page asks for."""


@dataclass
class Assets:
    """The manifest in `folder`, read again when the build has rewritten it; `prefix` is the folder's address."""

    folder: Path = DIST
    prefix: str = PREFIX
    _read_at: int = field(default=-1, init=False)
    _entries: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)

    def url(self, name: str, kind: str) -> str:
        """Return the address of a built file, e.g. `url("app", "js")`.

        Raises AssetsMissingError when nothing is built or the manifest has no such file.
        """
        file = self._manifest().get(name, {}).get(kind)
        if not isinstance(file, str):
            raise AssetsMissingError(f"The front end has no {kind} named {name!r}; run `make assets` again")
        return self.prefix + file

    def exists(self, name: str, kind: str) -> bool:
        """Say whether the bundle has a file of this kind; not every bundle brings a style sheet."""
        return isinstance(self._manifest().get(name, {}).get(kind), str)

    def preloads(self, name: str) -> list[str]:
        """Return the addresses of the modules that the bundle imports at once, for `modulepreload`."""
        return [self.prefix + file for file in self._manifest().get(name, {}).get("preload", [])]

    def styles(self, name: str) -> tuple[str, ...]:
        """Return the hashes of the fixed style attributes that the bundle writes, as a policy names them.

        Raises AssetsMissingError when nothing is built.
        """
        return tuple(f"'{found}'" for found in self._manifest().get(name, {}).get("styles", []))

    def _manifest(self) -> dict[str, dict[str, Any]]:
        path = self.folder / "manifest.json"
        try:
            written = path.stat().st_mtime_ns
        except OSError:
            raise AssetsMissingError(f"The front end is not built ({path} is missing); run `make assets`") from None
        if written != self._read_at:
            self._entries = json.loads(path.read_text(encoding="utf-8"))
            self._read_at = written
        return self._entries


def styles_of(name: str) -> tuple[str, ...]:
    """Return `Assets.styles` of the app that answers this request."""
    built: Assets = current_app.extensions[KEY]
    return built.styles(name)


def immutable(_path: str, url: str) -> bool:
    """Say whether a file may be cached for ever: its name changes with its content. For WhiteNoise."""
    return url.startswith(PREFIX) and _HASHED.search(url) is not None


def register(app: Flask, assets: Assets | None = None) -> None:
    """Give the templates `asset(name, kind)`, `asset_exists(name, kind)` and `asset_preloads(name)`."""
    built = assets or Assets()
    app.extensions[KEY] = built
    app.jinja_env.globals.update(asset=built.url, asset_exists=built.exists, asset_preloads=built.preloads)
