"""The web application: its parts put together in the order they depend on each other."""

from __future__ import annotations

from flask import Flask
from whitenoise import WhiteNoise

from engine.database import db
from webapp import (
    access,
    api,
    assets_manifest,
    business_keys,
    display,
    errors,
    i18n,
    navigation,
    screening,
    security,
    sentences,
    sessions,
    time_words,
    vocabulary,
)
from webapp.blueprints import BLUEPRINTS
from webapp.current import use_platform
from webapp.settings import Settings

__all__ = ["create_app"]

THREE_HOURS = 3 * 3600


def create_app(settings: Settings | None = None) -> Flask:
    """Return the web application; reads the environment when no settings are given.

    Opens no connection to the database, so that a server may build it before it forks. Raises SettingError for a
    setting that makes no sense and UnlistedEndpointsError for a page without a row in the access table.
    """
    settings = settings or Settings.from_environment()
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        MINYI=settings,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # A traceback in a log names the statement, never whose data it was to write.
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 10, "max_overflow": 20, "hide_parameters": True},
        # An error page of ours is right in tests too; the log has the traceback.
        PROPAGATE_EXCEPTIONS=False,
    )
    db.init_app(app)
    security.protect(app, settings)
    sessions.keep_sessions(app)
    i18n.translate(app)
    display.register(app)
    time_words.register(app)
    vocabulary.register(app)
    business_keys.register(app)
    sentences.register(app)
    assets_manifest.register(app)
    navigation.frame(app)
    errors.explain_errors(app)
    use_platform(app, settings)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    api.serve(app)
    access.control(app)
    screening.guard(app)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=app.static_folder,
        prefix="static/",
        max_age=THREE_HOURS,
        immutable_file_test=assets_manifest.immutable,
        autorefresh=settings.testing,
    )
    return app
