"""What Dockerfile and docker-compose.yml promise. Their rules and the schema are held by `make lint`."""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.started import ROOT
from tests.topology.boxes import services

DOCKERFILE = (ROOT / "Dockerfile").read_text()
STAGES = dict(re.findall(r"^FROM [^\n]* AS (\w+)\n(.*?)(?=^FROM|\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL))
OURS = ["migrate", "web", "worker", "beat", "sandbox"]


def test_bases_are_versions_and_nothing_later_than_yesterday():
    images = re.findall(r"^ARG \w+_IMAGE=(\S+)", DOCKERFILE, re.MULTILINE)
    images += [service["image"] for service in services().values() if not service.get("build")]
    assert len(images) == 4
    for image in images:
        assert re.search(r":\d+\.\d+\.\d+|:\d+\.\d+-", image), image


@pytest.mark.parametrize("stage", ["studio", "proxy"])
def test_what_runs_is_a_numbered_user_who_is_not_root(stage):
    assert re.findall(r"^USER (.*)", STAGES[stage], re.MULTILINE) == ["10001:10001"]
    assert "HEALTHCHECK" in STAGES[stage]


def test_the_last_stages_install_nothing():
    for stage in ("studio", "proxy"):
        assert not re.search(r"\b(apt-get|pip|gcc|build-essential)\b", STAGES[stage]), stage
    assert "--require-hashes" in STAGES["build"]
    assert "--only-binary :all:" in STAGES["build"]


def test_only_what_the_image_is_made_of_goes_to_the_builder():
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE))
    sent = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert sent == copied
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_every_service_has_limits_a_check_and_comes_back():
    for name, service in services().items():
        limits = service["deploy"]["resources"]["limits"]
        assert limits.keys() == {"cpus", "memory"}, name
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        assert service["logging"]["options"]["max-size"], name
    own = {name for name, service in services().items() if service.get("healthcheck", {}).get("test")}
    assert own == {"worker", "beat", "postgres", "valkey"}  # web and proxy have their image's


@pytest.mark.parametrize("name", [*OURS, "proxy"])
def test_our_services_write_nowhere_and_have_no_privileges(name):
    service = services()[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_the_database_is_up_to_date_before_anybody_asks_it():
    for name in ("web", "worker", "beat"):
        assert services()[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_there_is_one_beat_and_no_second_can_be_had():
    beat = services()["beat"]
    assert beat["container_name"]
    assert beat["deploy"].get("replicas", 1) == 1


def test_no_password_stands_in_the_file_and_every_secret_is_read():
    said = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    used = {secret for service in said["services"].values() for secret in service.get("secrets", [])}
    assert used == said["secrets"].keys()
    for name, service in services().items():
        for setting, value in service.get("environment", {}).items():
            assert not re.search("PASSWORD|SECRET|KEY|_URL$", setting) or not value or "@" not in value, name
            # The API key comes by a form.
            elsewhere = setting == "STUDIO_API_KEY_FILE"
            assert elsewhere or not setting.endswith("_FILE") or value.startswith("/run/secrets/")


def test_what_env_example_offers_is_what_is_asked_for():
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    offered = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert offered == asked


@pytest.mark.boxes
def test_docker_compose_takes_the_file_as_a_newcomer_has_it(tmp_path):
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")
    subprocess.run(["sh", ROOT / "deploy" / "secrets.sh"], cwd=tmp_path, check=True, capture_output=True)
    read = subprocess.run(
        ["docker-compose", "config"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert yaml.safe_load(read.stdout)["services"].keys() == services().keys()
    (tmp_path / ".env").unlink()
    refused = subprocess.run(
        ["docker-compose", "config"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "the address people use" in refused.stderr


def test_secrets_are_made_once_and_are_nobody_elses(tmp_path):
    for _ in range(2):
        subprocess.run(
            ["sh", ROOT / "deploy" / "secrets.sh", tmp_path / "own"], check=True, capture_output=True
        )
        made = {path.name: path.read_text() for path in (tmp_path / "own").iterdir()}
        assert len(set(made.values())) == 6
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700
    password = made["database-password"]
    assert len(password) == 64
    assert made["database-url"] == f"postgres://studio:{password}@postgres:5432/studio\n"
    assert made["redis-url"] == f"redis://:{made['valkey-password'].split()[1]}@valkey:6379/0\n"
