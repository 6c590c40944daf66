"""Every page is one file: it loads nothing, and lets in only its own style and script."""

import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import stories
from jinja2 import UndefinedError

import fathom
from fathom.drawn.clips import PAGES as DRAWN
from fathom.drawn.clips import Player
from fathom.drawn.clips import page as clips_page
from fathom.explain import views
from fathom.report import forecast_page, page

PARTS = {"base.html", "parts.html"}  # of pages, no pages


def report() -> str:
    story = stories.digits()
    return page(story, tuple(views(story)))


def forecast() -> str:
    story = stories.digits()
    figures = [figure for view in views(story) for figure in view.figures][:1]
    return forecast_page("What follows", "Two series.", figures, "That is all.")


def clips() -> str:
    return clips_page([Player("sample-0000.wav", 0.5, "data:audio/wav;base64,", "data:,")], 3)


MADE: dict[str, Callable[[], str]] = {
    "clips.html": clips,
    "forecast.html": forecast,
    "report.html": report,
}


class Found(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))


@pytest.fixture(scope="module", params=sorted(MADE))
def source(request: pytest.FixtureRequest) -> str:
    return MADE[request.param]()


def test_every_template_extends_the_same_base_and_is_looked_at_here() -> None:
    package = Path(fathom.__file__).parent
    own = {file.name: file for file in package.rglob("*.html") if file.name not in PARTS}
    assert own.keys() == MADE.keys()
    for name, file in own.items():
        text = file.read_text(encoding="utf-8")
        assert text.startswith('{% extends "base.html" %}\n'), name
        assert not re.search(r"<(head|meta|link|style|script)\b", text), name


def test_a_page_loads_nothing(source: str) -> None:
    for tag, attributes in Found(source).elements:
        assert not attributes.keys() & {"style", "srcset", "data", "action"}, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:")), (tag, name)
    assert not re.search(r"https?:|@import|url\(", source)


def test_the_policy_lets_in_exactly_the_style_and_the_script_of_the_page(source: str) -> None:
    (policy,) = (
        attributes["content"]
        for tag, attributes in Found(source).elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("default-src") == rules.pop("base-uri") == rules.pop("form-action") == "'none'"
    assert rules.pop("img-src") == rules.pop("media-src") == "data:"
    held = {}
    for tag in ("style", "script"):
        for content in re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", source, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            held[f"{tag}-src"] = f"'sha256-{digest}'"
    assert "style-src" in held
    assert rules == held


def test_a_page_is_light_or_dark_and_sends_no_address(source: str) -> None:
    metas = {a["name"]: a["content"] for _, a in Found(source).elements if "name" in a}
    assert metas["color-scheme"] == "light dark"
    assert metas["referrer"] == "no-referrer"
    assert "prefers-color-scheme: dark" in source


def test_a_word_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'clips' is undefined"):
        DRAWN.page("clips.html", title="a", count=1)
