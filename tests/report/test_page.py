"""The page of real small stories: self-contained, safe, readable without script, complete."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
import stories

from fathom.data.table import Finding
from fathom.explain import VIEWS, Story, views
from fathom.explain.figures import Data
from fathom.report import SECTIONS, as_text, page, write_report
from fathom.report.draw import KINDS
from fathom.report.draw.canvas import Scale

HOSTILE = (
    '<img src=x onerror="alert(1)">',
    '"><script>alert(1)</script>',
    "'; drop",
    "\u202egnp.evil",
    "x" * 300,
    "😀🦊" * 12,
    "a\nb\x1b[31m",
    "{{ 7*7 }}",
    "</style><b>",
    "--><!--",
)
VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """Elements with their attributes, the text, and how figures are made up."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.figures: list[set[str]] = []
        self.open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "figure":
            self.figures.append(set())
        elif "figure" in self.open:
            self.figures[-1].add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def source_of(story: Story) -> str:
    return page(story, tuple(views(story)))


@pytest.fixture(scope="module", params=["digits", "diabetes", "several_labels", "several_numbers"])
def source(request: pytest.FixtureRequest) -> str:
    return source_of(getattr(stories, request.param)())


@pytest.fixture(scope="module")
def hostile() -> str:
    name = HOSTILE[0]
    story = stories.digits(HOSTILE)
    columns = [{"name": text, "kind": "image", "why": text} for text in HOSTILE]
    return source_of(
        replace(
            story,
            data={**story.data, "name": name, "columns": columns},
            findings=(Finding("warning", name, name, name, name),),
            folder=f"{name}' $(reboot) \u202e",
        )
    )


def test_nothing_is_loaded_styled_or_run_from_attributes(source: str, hostile: str) -> None:
    for text in (source, hostile):
        parsed = Page(text)
        for tag, attributes in parsed.elements:
            assert "style" not in attributes, tag
            assert not [name for name in attributes if name.startswith("on")], tag
            for name in ("src", "href"):
                assert attributes.get(name, "#").startswith(("#", "data:")), (tag, name)
        assert not re.search(r"https?:", text)


def test_the_policy_allows_exactly_our_style_and_script(source: str) -> None:
    policy = next(meta["content"] for meta in Page(source).all("meta") if "http-equiv" in meta)
    found = dict(entry.split(" ", 1) for entry in policy.split("; "))
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (content,) = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", source, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert found[rule] == f"'sha256-{digest}'"
    assert found["default-src"] == "'none'"
    assert found["img-src"] == "data:"
    assert not re.search("unsafe|eval", policy)


def test_each_figure_has_a_sentence_and_a_table(source: str) -> None:
    figures = Page(source).figures
    assert len(figures) >= 6
    for inside in figures:
        assert {"figcaption", "table", "details", "h4"} <= inside
        assert inside & {"svg", "ul", "table"}


def test_links_and_names_within_the_page_fit(source: str) -> None:
    parsed = Page(source)
    names = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(names) == len(set(names))
    targets = {link["href"][1:] for link in parsed.all("a")}
    assert targets <= set(names)
    for _, attributes in parsed.elements:
        assert attributes.get("aria-labelledby", names[0]) in names


def test_headings_go_down_one_step_at_a_time_and_there_is_one_first(source: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(source).elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    after_top = levels[levels.index(2) :]
    assert all(b - a <= 1 for a, b in pairwise(after_top))


def test_pictures_say_what_they_show_and_scrolling_parts_take_the_keyboard(source: str) -> None:
    parsed = Page(source)
    assert all(picture["alt"] for picture in parsed.all("img"))
    for drawing in parsed.all("svg"):
        assert drawing.get("aria-hidden") == "true" or drawing["aria-label"]
    for block in parsed.all("div"):
        if block.get("class") == "scroll":
            assert block["tabindex"] == "0" and block["aria-label"]


def test_hostile_names_are_shown_as_text(hostile: str) -> None:
    parsed = Page(hostile)
    assert {tag for tag, _ in parsed.elements} == {
        tag for tag, _ in Page(source_of(stories.digits())).elements
    }
    assert len(parsed.all("script")) == 1 == len(parsed.all("style"))
    words = "".join(parsed.words)
    assert HOSTILE[0] in words and HOSTILE[1] in words and "{{ 7*7 }}" in words
    title = re.findall("<title>(.*?)</title>", hostile)[:1]
    assert title == ["&lt;img src=x onerror=&#34;alert(1)&#34;&gt; · fathom report"]
    assert "\u202e" not in hostile and "\x1b" not in hostile
    assert "x" * 100 not in hostile


def test_the_same_story_gives_the_same_bytes_and_a_small_file(tmp_path: Path) -> None:
    story = stories.digits()
    first = write_report(story, tmp_path).read_bytes()
    assert write_report(stories.digits(), tmp_path).read_bytes() == first
    made = tuple(views(story))
    assert write_report(story, tmp_path, shown=made).read_bytes() == first
    assert len(first) <= 3_000_000
    assert b"\r" not in first


def test_without_examples_neither_pictures_nor_their_places_are_in_the_file(tmp_path: Path) -> None:
    with_them = write_report(stories.digits(), tmp_path).read_text(encoding="utf-8")
    story = replace(stories.digits(), findings=())
    without = write_report(story, tmp_path, examples=False).read_text(encoding="utf-8")
    assert "data:image/png" in with_them and "nine/" in with_them
    assert "data:image/png" not in without and not re.search(r"nine/\d", without)
    assert "none of your own pictures" in without
    assert re.search(r"row \d+", without)


def test_the_number_of_own_examples_on_top_is_the_number_in_the_file() -> None:
    text = source_of(stories.digits())
    pictures = {attributes["src"] for attributes in Page(text).all("img")}
    assert f"contains {len(pictures)} of your own pictures" in text


def test_every_view_has_one_place() -> None:
    assert sorted(name for section in SECTIONS for name in section.names) == sorted(VIEWS)


def test_every_kind_of_figure_has_a_drawing() -> None:
    assert set(KINDS) == {kind.kind for kind in Data.__args__}
    assert list(KINDS) == sorted(KINDS)


def test_plain_text_tells_the_same(hostile: str) -> None:
    story = stories.digits(HOSTILE)
    text = as_text(views(story))
    assert all(c.isprintable() or c == "\n" for c in text)
    for view in views(story):
        assert view.question in text
        assert all(figure.summary in text for figure in view.figures)


@pytest.mark.parametrize("span", [(0.0, 1.0), (-3.0, 7.5), (1e-7, 2e-7), (0.0, 46_000.0)])
def test_ticks_are_round_and_inside(span: tuple[float, float]) -> None:
    ticks = Scale(*span, 0, 100).ticks()
    assert 3 <= len(ticks) <= 9
    assert all(span[0] - 1e-12 <= tick <= span[1] * (1 + 1e-9) for tick in ticks)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_keep_their_contrast_in_light_and_dark(source: str) -> None:
    style = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)[0]
    blocks = re.findall(r"(?:root|\"\]|\)) \{([^}]*--ground[^}]*)\}", style)
    tokens = [dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in blocks]
    light = tokens[0]
    grounds = {entry["ground"] for entry in tokens}
    assert grounds == {"#ffffff", "#14181d"}
    for entry in ({**light, **changed} for changed in tokens):
        for name in ("ink", "quiet", "link", "warn", "good"):
            assert contrast(entry[name], entry["ground"]) >= 4.5, name
            assert contrast(entry[name], entry["panel"]) >= 4.5, name
        for name in ("blue", "vermilion", "green", "purple"):
            assert contrast(entry[name], entry["ground"]) >= 2.9, name


def test_counts_have_whole_ticks() -> None:
    assert Scale(0, 12.7, 0, 100, whole=True).ticks() == [0, 3, 6, 9, 12]
