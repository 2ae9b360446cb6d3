"""One wheel, an environment with the client alone and one with the engine, for all tests of this room."""

from pathlib import Path

import pytest

from tests.packaging.environments import Environment, empty_environment, locked_versions, wheel_of_this_repository


@pytest.fixture(scope="session")
def constraints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The locked versions."""
    return locked_versions(tmp_path_factory.mktemp("locked"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this repository."""
    return wheel_of_this_repository(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def client_alone(tmp_path_factory: pytest.TempPathFactory, wheel: Path, constraints: Path) -> Environment:
    """After ``pip install shareflow``."""
    environment = empty_environment(tmp_path_factory.mktemp("client"))
    environment.install(wheel, constraints=constraints)
    return environment


@pytest.fixture(scope="session")
def with_engine(tmp_path_factory: pytest.TempPathFactory, wheel: Path, constraints: Path) -> Environment:
    """After ``pip install "shareflow[engine]"``."""
    environment = empty_environment(tmp_path_factory.mktemp("engine"))
    environment.install(wheel, "engine", constraints=constraints)
    return environment
