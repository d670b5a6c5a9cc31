"""The front end's files: the manifest, the build, and what every template and style sheet must keep to."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from webapp.assets_manifest import PREFIX, Assets, AssetsMissingError, immutable, register
from webapp.front_end import node_and_npm
from webapp.navigation import MENU

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "webapp" / "assets"
TEMPLATES = sorted((ROOT / "webapp" / "templates").rglob("*.html"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
READABLE = 4.5  # WCAG 2.2, 1.4.3: contrast of text on its ground
NOT_TEXT = 3.0  # WCAG 2.2, 1.4.11: contrast of the edge of a field

installed = pytest.mark.skipif(
    not (ROOT / "node_modules" / "esbuild").exists(), reason="npm ci has not run; make does it before the tests"
)


def manifest(folder: Path, content: dict[str, object]) -> Assets:
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    return Assets(folder)


def test_address_of_a_built_file(tmp_path: Path) -> None:
    assets = manifest(tmp_path, {"app": {"js": "app-ABCDEFGH.js", "preload": ["part-12345678.js"]}})

    assert assets.url("app", "js") == f"{PREFIX}app-ABCDEFGH.js"
    assert assets.preloads("app") == [f"{PREFIX}part-12345678.js"]
    assert assets.exists("app", "js")
    assert not assets.exists("app", "css")


def test_unbuilt_front_end_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissingError, match="make assets"):
        Assets(tmp_path).url("app", "js")


def test_unknown_bundle_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissingError, match="'modeler'"):
        manifest(tmp_path, {"app": {"js": "app-ABCDEFGH.js"}}).url("modeler", "js")


def test_rebuilt_front_end_is_seen_without_a_restart(tmp_path: Path) -> None:
    assets = manifest(tmp_path, {"app": {"js": "app-AAAAAAAA.js"}})
    assert assets.url("app", "js").endswith("app-AAAAAAAA.js")

    manifest(tmp_path, {"app": {"js": "app-BBBBBBBB.js"}})
    os.utime(tmp_path / "manifest.json", ns=(1, 1))

    assert assets.url("app", "js").endswith("app-BBBBBBBB.js")


def test_templates_get_the_functions(tmp_path: Path) -> None:
    app = Flask("assets")
    register(app, manifest(tmp_path, {"app": {"js": "app-ABCDEFGH.js"}}))

    page = app.jinja_env.from_string(
        "{{ asset('app', 'js') }} {{ asset_exists('app', 'css') }} {{ asset_preloads('app') }}"
    )

    assert page.render() == f"{PREFIX}app-ABCDEFGH.js False []"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/static/dist/app-ABCDEFGH.js", True),
        ("/static/dist/app-ABCDEFGH.js.LEGAL.txt", False),
        ("/static/dist/manifest.json", False),
        ("/static/dist/c-short.js", False),
        ("/elsewhere/app-ABCDEFGH.js", False),
    ],
)
def test_only_hashed_names_are_cached_for_ever(url: str, expected: bool) -> None:
    assert immutable("", url) is expected


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("front") / "dist"
    build(folder)
    return folder


def build(folder: Path) -> None:
    node, _ = node_and_npm()
    command = [node, str(SOURCES / "build.mjs"), f"--out={folder}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@installed
def test_building_twice_gives_the_same_files(built: Path, tmp_path: Path) -> None:
    build(tmp_path / "again")

    assert contents(tmp_path / "again") == contents(built)


@installed
def test_every_bundle_is_named_by_its_content_and_there(built: Path) -> None:
    entries = json.loads((built / "manifest.json").read_text())
    assert {"app", "diagram", "charts", "theme", "icons", "favicon"} <= entries.keys()
    files = [
        file
        for entry in entries.values()
        for file in (*entry.get("preload", []), *(v for k, v in entry.items() if k not in {"preload", "styles"}))
    ]

    for file in files:
        assert immutable("", PREFIX + file), file
        assert (built / file).stat().st_size > 0, file


@installed
def test_bundles_fetch_nothing_from_elsewhere(built: Path) -> None:
    for path in built.glob("*.css"):
        for address in re.findall(r"url\(\s*[\"']?(?!data:)([^\"')]+)", path.read_text(encoding="utf-8")):
            assert (built / address).is_file(), f"{path.name}: {address}"
            assert immutable("", PREFIX + address.removeprefix("./")), address


@installed
def test_only_the_editor_of_decision_tables_allows_style_attributes_and_those_are_hashed(built: Path) -> None:
    entries = json.loads((built / "manifest.json").read_text())
    assert [name for name, entry in entries.items() if "styles" in entry] == ["decisions"]
    assert len(entries["decisions"]["styles"]) == 7
    assert all(re.fullmatch(r"sha256-[A-Za-z0-9+/]{43}=", found) for found in entries["decisions"]["styles"])


def calls_of(text: str, macro: str) -> Iterator[str]:
    """The arguments of each call of a macro, without what further calls in them are given first (texts, mostly)."""
    for start in re.finditer(rf"\b{macro}\(", text):
        depth, at = 1, start.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        yield re.sub(r"\b\w+\('[^']*'", "", text[start.end() : at - 1])


def test_icons_of_pages_are_in_the_sprite() -> None:
    sprite = set((SOURCES / "icons.txt").read_text(encoding="utf-8").split())
    tones = {"late", "soon", "ok", "info", "plain", "primary", "danger"}
    macros = ("icon", "tag", "empty_state", "link_button", "post_button", "confirm_button")
    used = {link.icon for group in MENU for link in group.links}
    for path in TEMPLATES:
        text = outside_of_comments(path)
        for macro in macros:
            for arguments in calls_of(text, macro):
                used |= set(re.findall(r"(?:icon_name=|(?<!=)(?<!== ))'([a-z0-9-]+)'(?!\s*[:\]])", arguments))

    assert len(used) > 20
    assert used - tones - sprite == set()


def outside_of_comments(path: Path) -> str:
    return re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_need_no_inline_script_or_style(path: Path) -> None:
    text = outside_of_comments(path)

    assert not re.findall(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", text)
    assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_all_text_of_templates_can_be_translated(path: Path) -> None:
    bare = re.sub(r"{{.*?}}|{%.*?%}", "", outside_of_comments(path), flags=re.DOTALL)

    assert not [line.strip() for line in bare.splitlines() if CHINESE.search(line)]


def test_lock_file_names_no_host() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")

    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_packages_are_pinned_exactly() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))

    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name


def schemes() -> Iterator[tuple[str, dict[str, str]]]:
    text = (SOURCES / "css" / "tokens.css").read_text(encoding="utf-8")
    light: dict[str, str] = {}
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
        found = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", body))
        light = light or found
        yield ("dark" if "dark" in selector else "light"), light | found


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("scheme", "colours"), list(schemes()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_text_can_be_read_in_both_schemes(scheme: str, colours: dict[str, str]) -> None:
    grounds = ("paper", "ground", "hover")
    pairs = [(ink, ground) for ink in ("ink", "muted", "brand", "late") for ground in grounds]
    pairs += [(tone, f"{tone}-ground") for tone in ("late", "soon", "ok", "info", "plain")]
    pairs += [("ink", f"{tone}-ground") for tone in ("late", "soon", "ok", "info", "plain")]
    pairs += [("muted", "plain-ground"), ("brand-ink", "brand"), ("danger-ink", "danger")]
    pairs += [
        ("side-ink", "side"),
        ("side-ink", "side-hover"),
        ("side-muted", "side"),
        ("diagram-label", "diagram-fill"),
    ]

    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}

    assert {pair: round(value, 2) for pair, value in weak.items() if value < READABLE} == {}, scheme
    assert contrast(colours["line-strong"], colours["paper"]) >= NOT_TEXT
