"""Settings from environment and file: names that operators know, and what is wrong told with its cure."""

from pathlib import Path

import pytest

from labelyard.settings import WITHOUT_EFFECT, SettingsError, load, without_effect


def test_names_of_label_studio_keep_their_meaning() -> None:
    environ = {
        "LABEL_STUDIO_PORT": "9000",
        "SSRF_PROTECTION_ENABLED": "false",
        "USE_ENFORCE_CSRF_CHECKS": "0",
        "DEBUG_MODAL_EXCEPTIONS": "true",
        "TASK_LOCK_TTL": "60",
        "DISABLE_SIGNUP_WITHOUT_LINK": "1",
        "LOCAL_FILES_SERVING_ENABLED": "true",
    }
    settings = load(environ=environ)
    assert settings.port == 9000 and settings.ssrf_protection is False
    assert settings.enforce_csrf_checks is False and settings.debug_modal_exceptions is True
    assert settings.task_lock_ttl_seconds == 60 and settings.disable_signup_without_link is True
    assert settings.allow_serving_local_files is True
    assert without_effect(environ) == {}


def test_the_own_name_wins() -> None:
    assert load(environ={"LABEL_STUDIO_PORT": "9000", "LABELYARD_PORT": "9001"}).port == 9001


def test_variables_without_effect_are_named() -> None:
    found = without_effect(
        {"LABEL_STUDIO_SECRET_KEY": "x", "DJANGO_DB": "default", "OTHER": "1", "SENTRY_DSN": ""}
    )
    assert list(found) == ["DJANGO_DB", "LABEL_STUDIO_SECRET_KEY"]
    assert all(len(reason) > 10 for reason in WITHOUT_EFFECT.values())


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"LABELYARD_METRICS": "nobody"}, "metrics"),
        ({"LABELYARD_PORT": "0"}, "port"),
        ({"LABELYARD_OPEN_SIGNUP": "perhaps"}, "open_signup"),
        ({"LABEL_STUDIO_PORT": "many"}, "LABEL_STUDIO_PORT"),
    ],
)
def test_wrong_values_name_setting_or_source(environ: dict[str, str], word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        load(environ=environ)


def test_a_file_with_an_unknown_setting(tmp_path: Path) -> None:
    file = tmp_path / "labelyard.toml"
    file.write_text('colour = "red"\n')
    with pytest.raises(SettingsError, match="colour"):
        load(environ={}, file=file)
