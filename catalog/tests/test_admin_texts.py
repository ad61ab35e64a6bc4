"""Every text of the back office's pages on matching can be translated."""

import ast
import pathlib
import re

import pytest
from django.template.loader import get_template

PYTHON = sorted(pathlib.Path(__file__).resolve().parents[1].glob("*admin.py"))
HOUSE = pathlib.Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path
    for folder in ("aliases", "gates", "matching", "review")
    for path in (HOUSE / "templates/admin" / folder).glob("*")
)
SPOKEN = ("description", "title")  # keywords whose text people read
CODE = re.compile(
    r"{%\s*(?:blocktranslate|comment)\b.*?{%\s*end(?:blocktranslate|comment)\s*%}|{%.*?%}|{{.*?}}|{#.*?#}|<[^>]*>",
    re.DOTALL,
)


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.name)
def test_descriptions_and_messages_go_through_gettext(path):
    bare = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            said = [word.value for word in node.keywords if word.arg in SPOKEN]
            if ast.unparse(node.func).startswith("messages."):
                said += node.args[1:]
            bare += [ast.unparse(one) for one in said if isinstance(one, ast.Constant | ast.JoinedStr)]
    assert bare == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_templates_hold_no_words_outside_translation(path):
    get_template(str(path.relative_to(HOUSE / "templates")))  # it can be read at all
    text = CODE.sub(" ", path.read_text())
    assert re.findall(r"[^\W\d_]{2,}", text.replace("Esc", "")) == []
