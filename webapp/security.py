"""What every answer carries so that a browser does not run, frame or leak what it should not."""

from __future__ import annotations

import logging

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.settings import Settings

log = logging.getLogger(__name__)
csrf = CSRFProtect()

limiter = Limiter(
    get_remote_address,
    # Per worker process on purpose: this only dampens a flood of guesses. The lock of an account after repeated
    # failures is kept in the database, where all workers see it.
    storage_uri="memory://",
    headers_enabled=False,
)

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def allow_inline_styles(hashes: tuple[str, ...]) -> None:
    """Let the page now being made carry the style attributes with these hashes (``'sha256-…'``).

    Only the diagram modeler needs it: it writes a handful of fixed style attributes, hashed when it is built.
    """
    g.style_hashes = hashes


def content_policy() -> str:
    """Return the Content-Security-Policy of the answer now being made."""
    hashes: tuple[str, ...] = g.get("style_hashes", ())
    if not hashes:
        return CONTENT_POLICY
    return f"{CONTENT_POLICY}; style-src-attr 'unsafe-hashes' {' '.join(hashes)}"


def protect(app: Flask, settings: Settings) -> None:
    """Set cookies, CSRF, limits and headers on the app."""
    app.config.update(
        SESSION_COOKIE_NAME="minyi_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_REFRESH_EACH_REQUEST=True,
        PERMANENT_SESSION_LIFETIME=settings.idle,
        # The token lives as long as the session: a form that was open over lunch must still be accepted.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=settings.upload_limit,
        MAX_FORM_MEMORY_SIZE=16 * 1024 * 1024,
        RATELIMIT_ENABLED=not settings.testing,
    )
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_add_headers)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        fixed = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
        app.wsgi_app = fixed  # type: ignore[method-assign]
    else:
        app.before_request(_warn_of_a_proxy)


def _warn_of_a_proxy() -> None:
    """Say once in the log that a proxy seems to stand in front that nobody has said anything about.

    Everybody seems to come from its address then: one officer's wrong passwords slow all others down, and the record of
    log-ins names the proxy.
    """
    if "X-Forwarded-For" in request.headers and not current_app.extensions.get("proxy_warned"):
        current_app.extensions["proxy_warned"] = True
        log.warning(
            "requests come with X-Forwarded-For, but TRUSTED_PROXIES is 0: if a reverse proxy stands in front, "
            "set TRUSTED_PROXIES=1, or all officers share its address and its limits"
        )


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", content_policy())
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        # Pages hold personal data; a shared computer's cache must not.
        headers.setdefault("Cache-Control", "no-store")
    return response
