"""The house keeps its shape: one-way imports and keys, spoken modules, functions a person can hold in their head."""

import ast
import importlib
import pathlib
import pkgutil

import pytest
from django.apps import apps

HOUSE = pathlib.Path(__file__).resolve().parents[2]
STAGES = ("network", "catalog", "orders", "settlement")
PACKAGES = ("skuu", *STAGES)
LONGEST_FUNCTION = 60
LONGEST_MODULE = 520


def modules():
    for package in PACKAGES:
        for path in sorted((HOUSE / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def product_modules():
    return [path for path in modules() if "tests" not in path.parts]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_can_be_imported(package):
    """Catches what type checkers let through: names that exist only in another version of a library."""
    for found in pkgutil.walk_packages([str(HOUSE / package)], prefix=f"{package}."):
        if ".tests" not in found.name and ".migrations" not in found.name:
            importlib.import_module(found.name)


def test_every_module_begins_with_a_sentence():
    silent = [
        str(path.relative_to(HOUSE))
        for path in product_modules()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_foreign_keys_between_stages_point_upstream_and_are_silent():
    wrong = []
    for model in apps.get_models():
        if model._meta.app_label not in STAGES:
            continue
        for field in model._meta.local_fields:
            target = field.related_model
            if (
                target is None
                or target._meta.app_label not in STAGES
                or target._meta.app_label == model._meta.app_label
            ):
                continue
            upstream = STAGES.index(target._meta.app_label) < STAGES.index(model._meta.app_label)
            if not upstream or field.remote_field.related_name != "+":
                wrong.append(f"{model.__name__}.{field.name} → {target.__name__}")
    assert wrong == []


def test_functions_and_modules_stay_small():
    long_ones = []
    for path in product_modules():
        text = path.read_text()
        if text.count("\n") > LONGEST_MODULE:
            long_ones.append(f"{path.relative_to(HOUSE)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION:
                long_ones.append(f"{path.relative_to(HOUSE)}:{node.name}")
    assert long_ones == []


def test_the_environment_is_read_in_one_place():
    """Beside settings only what runs before or without them: local_env, the embedded server, processes, the browser finder."""
    allowed = {
        "settings.py",
        "environment.py",
        "local_env.py",
        "server.py",
        "processes.py",
        "chromium.py",
        "supervisor.py",
        "worker.py",
        "soak.py",  # opens a network of its own, in an environment of its own
    }
    readers = {path.name for path in product_modules() if "os.environ" in path.read_text()}
    assert readers - allowed - {"wsgi.py"} == set()


def test_pages_load_nothing_from_outside_and_carry_nothing_inline():
    offences = []
    for page in sorted((HOUSE / "templates").rglob("*.html")):
        text = page.read_text()
        for mark in (' style="', " onclick=", " hx-on", "<style", 'src="http', 'href="https://cdn', "javascript:"):
            if mark in text and "emails" not in page.parts:
                offences.append(f"{page.relative_to(HOUSE)}: {mark.strip()}")
    assert offences == []


def test_no_file_tells_of_the_machine_it_was_written_on():
    told = [
        str(path.relative_to(HOUSE))
        for path in [*modules(), *HOUSE.glob("docs/**/*.md"), *HOUSE.glob("*.md")]
        if any(mark in path.read_text() for mark in ("/wor" + "k/", "/ro" + "ot/"))
    ]
    assert told == []
