import pytest

from tests.webapp.api.caller import Callers
from tests.webapp.conftest import Site
from webapp.front_end import compile_catalogues


@pytest.fixture(scope="session", autouse=True)
def catalogues() -> None:
    compile_catalogues()


@pytest.fixture
def callers(site: Site) -> Callers:
    return Callers(site)
