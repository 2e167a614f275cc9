"""The system's keyring: secrets that the desktop keeps, locked with the user's own password.

An entry is bound to the adapter and the host that it was made for. A stranger's publish.toml that
names it with another host finds nothing. Needs the extra `keyring`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from publisher.errors import ConfigError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "announcement-publisher"
_NEVER = ("keyring.backends.fail", "keyring.backends.null")
"""Backends that keep nothing."""
_LOCKED = "EncryptedKeyring"
"""The one backend of the package keyrings.alt that doesn't store in the clear (its 5.0,
2026-11)."""


def read(name: str, bound_to: str) -> str:
    """The value of an entry. Raises ConfigError where it isn't there, or nobody may be asked."""
    _demand_terminal(name)
    for backend in _backends():
        value = _asked(backend.get_password, _service(bound_to), name)
        if value:
            return str(value)
    raise ConfigError(
        f"the system's keyring has no {name!r} for {bound_to}",
        hint="publish init puts it there",
    )


def write(name: str, bound_to: str, value: str) -> None:
    """Raises ConfigError where there is no keyring that keeps a secret."""
    _asked(_backends()[0].set_password, _service(bound_to), name, value)


def is_there() -> bool:
    """Whether there is a keyring that keeps a secret. Asks nobody, and opens nothing."""
    try:
        return bool(_backends())
    except ConfigError:
        return False


def _service(bound_to: str) -> str:
    return f"{SERVICE}: {bound_to}"


def _demand_terminal(name: str) -> None:
    """A locked keyring asks for its password, and in a job nobody is there to answer."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise ConfigError(
            f"{name!r} is in the system's keyring, which is asked at a terminal only",
            hint="give it by the environment, or by .env: { env = … }",
        )


def _backends() -> list[KeyringBackend]:
    """Those that may be asked, best first; never empty. Raises ConfigError."""
    try:
        import keyring
    except ImportError:
        raise ConfigError(
            "the system's keyring can't be asked: it needs the extra keyring",
            hint="pip install 'announcement-publisher[keyring]'",
        ) from None
    active: Any = keyring.get_keyring()
    every = list(getattr(active, "backends", None) or [active])
    real = [each for each in every if type(each).__module__ not in _NEVER]
    if not real:
        raise ConfigError(
            "this system has no keyring", hint="put the secret into .env: { env = … }"
        )
    safe = [each for each in real if not stores_in_the_clear(type(each))]
    if not safe:
        raise ConfigError(
            f"the keyring {type(real[0]).__name__} stores secrets in the clear, and is not used",
            hint="put the secret into .env, which only you can read: { env = … }",
        )
    return safe


def stores_in_the_clear(kind: type) -> bool:
    is_alternative = kind.__module__.partition(".")[0] == "keyrings"
    return is_alternative and kind.__name__ != _LOCKED


def _asked(ask: Any, *arguments: str) -> Any:
    try:
        return ask(*arguments)
    except Exception as problem:  # each backend has errors of its own
        raise ConfigError(
            f"the system's keyring can't be asked: {type(problem).__name__}",
            hint="unlock it, or put the secret into .env: { env = … }",
        ) from None
