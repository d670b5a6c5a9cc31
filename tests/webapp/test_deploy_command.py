"""`minyi process deploy`: what it says when there is nothing to deploy, or something in it is wrong."""

from pathlib import Path

from click.testing import CliRunner, Result

from tests.webapp.conftest import Site
from webapp.cli import commands


def deployed(site: Site, folder: Path, *options: str) -> Result:
    environment = {"DATABASE_URL": site.platform.settings.database_url, "VAR_DIR": str(site.platform.settings.var)}
    return CliRunner().invoke(commands, ["process", "deploy", str(folder), *options], env=environment)


def test_a_folder_without_processes_is_said_to_have_none(site: Site, tmp_path: Path) -> None:
    (tmp_path / "matter.bpmn").write_text("one level too deep")
    result = deployed(site, tmp_path)
    assert result.exit_code == 1
    assert f"{tmp_path} has nothing to deploy: there is no processes/*.bpmn" in result.stderr


def test_what_keeps_a_folder_from_being_deployed_is_named_with_its_line(site: Site, tmp_path: Path) -> None:
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "matter.bpmn").write_text("<no/>")
    result = deployed(site, tmp_path, "--language", "en")
    assert result.exit_code == 1
    assert f"{tmp_path}/processes/matter.bpmn:1" in result.stderr
    assert "Nothing was deployed: " in result.stderr
    assert len(site.rows("select 1 from deployment")) == 1
