"""A template and the words in it to a page that is one file: it loads nothing, and only our own
style and script run in it.

Every page extends `base.html`, which holds the head; what is its own stands in its body.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@dataclass(frozen=True)
class Pages:
    """The pages of a package: its files of templates, style and script; script "" for none.

    filters: what the templates call by name.
    """

    package: str
    style: str
    script: str = ""
    filters: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def page(self, template: str, **words: Any) -> str:
        """The page as one string; all words are escaped, and one that is missing is an error."""
        style = own("fathom.pages", "colours.css") + own(self.package, self.style)
        script = own(self.package, self.script) if self.script else ""
        return (
            self.templates()
            .get_template(template)
            .render(
                policy=policy(style, script),
                style=Markup(style),  # noqa: S704  (our own file)
                script=Markup(script),  # noqa: S704  (our own file)
                **words,
            )
        )

    def templates(self) -> Environment:
        """The package's templates, and those that all packages share."""
        shared = PackageLoader("fathom.pages", ".")
        environment = Environment(
            loader=ChoiceLoader([PackageLoader(self.package, "templates"), shared]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= self.filters
        return environment


def own(package: str, name: str) -> str:
    """The text of a file that comes with a package."""
    return (files(package) / name).read_text(encoding="utf-8")


def policy(style: str, script: str) -> str:
    """Nothing may load; pictures and sounds are in the page, and only this style and this script
    may run, known by their hashes.
    """
    rules = ["default-src 'none'", "img-src data:", "media-src data:"]
    rules.append(f"style-src 'sha256-{known(style)}'")
    if script:
        rules.append(f"script-src 'sha256-{known(script)}'")
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def known(content: str) -> str:
    """The SHA-256 of a text as a policy writes it."""
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")
