"""The operator's policy file: ``SHAREFLOW_POLICY`` names it; without it the packaged defaults hold."""

from pydantic import ValidationError

from configuration.files import read_text
from configuration.settings import Settings
from domain.policy import Policy, default_policy, policy_from
from domain.validation_messages import first_problem, key_path
from domain.yaml_text import YamlTextError, read_yaml


class PolicyError(ValueError):
    """A policy file that cannot be used: one sentence with file, line, key and reason."""


def policy_in_force(settings: Settings | None = None) -> Policy:
    """The policy for requests filed from now on, by the environment of this moment when no settings are given.

    Raises PolicyError, FileError.
    """
    name = (settings or Settings()).policy
    if not name:
        return default_policy()
    return read_policy(read_text(name), name)


def read_policy(text: str, where: str) -> Policy:
    """A policy from the text of its file. Raises PolicyError."""
    try:
        document = read_yaml(text, where)
        return policy_from(document.data)
    except YamlTextError as error:
        raise PolicyError(str(error)) from None
    except ValidationError as error:
        path, reason = first_problem(error)
        raise PolicyError(f"{where}, line {document.line(path)}: {key_path(path)} {reason}.") from None
    except ValueError as error:
        raise PolicyError(f"{where}: {error}.") from None
