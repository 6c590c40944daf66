"""A trained language network and a prompt to new text, piece by piece as it comes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from fathom.data.codecs.text import FIRST, TextCodec
from fathom.decoding.generate import Allowed
from fathom.decoding.tokens import Sampling
from fathom.errors import OptionError
from fathom.members import Member
from fathom.objectives.language import Language
from fathom.spec import BEGIN, END, PADDING

LENGTH = 500
UNSEEN = "\ufffd"


@dataclass
class Writer:
    """Continues a prompt `count` times at once; the same seed and number give the same text.

    length: most characters that are added. notes: what was found out about the prompt.
    """

    member: Member
    options: Sampling
    seed: int = 0
    length: int = LENGTH
    notes: list[str] = field(default_factory=list)

    def stream(self, prompt: str, count: int) -> Iterator[tuple[int, str]]:
        """(sample number, next piece of its text) as they come; the prompt is not repeated.

        Raises OptionError, before anything comes, for a prompt that is no text.
        """
        refuse_broken(prompt)
        return self._continued(prompt, count)

    def _continued(self, prompt: str, count: int) -> Iterator[tuple[int, str]]:
        objective, codec = self.member.objective, self.codec
        assert isinstance(objective, Language)
        whole, open_end = self.parted(prompt)
        tokens = torch.tensor([self.tokens(whole)]).repeat(count, 1)
        given = len(open_end)
        told = [Told(codec, self.length + given, passed=given) for _ in range(count)]
        steps = objective.generate(
            tokens,
            self.options,
            limit=self.length + given,
            seed=self.seed,
            allowed=beginning(codec, open_end) if given else None,
        )
        for step in steps:
            for number, token in enumerate(step.tolist()):
                piece = told[number].more(token)
                if piece:
                    yield number, piece
            if all(one.full for one in told):
                break
        for number, one in enumerate(told):
            if one.rest():
                yield number, one.rest()

    @property
    def codec(self) -> TextCodec:
        """The codec of the text that the network was trained on."""
        codec = self.member.fields.inputs[0].codec
        assert isinstance(codec, TextCodec)
        return codec

    def parted(self, prompt: str) -> tuple[str, str]:
        """The prompt up to its last word, and the blanks behind it that may belong to the next."""
        if self.codec.unit == "characters":
            return prompt, ""
        whole = prompt.rstrip()
        return whole, prompt[len(whole) :]

    def tokens(self, prompt: str) -> list[int]:
        """The prompt as the network takes it, no longer than it sees; what that means is noted."""
        codec = self.codec
        running = codec.marks == "running"
        tokens = codec.tokens([prompt or ("\n" if running else "")])[0]
        for reasons in codec.strange(pl.Series([prompt])).values():
            self.notes.append(f"The prompt holds {'; '.join(reasons)}.")
        marked = tokens if running and tokens else [BEGIN, *tokens]
        if len(marked) > codec.longest:
            self.notes.append(
                f"The prompt has {len(marked):,} tokens, more than the {codec.longest:,} that the "
                "network sees: only its end counts."
            )
        return marked[-codec.longest :]


@dataclass
class Told:
    """What was generated for one sample, and how much of its text was already passed on."""

    codec: TextCodec
    length: int
    tokens: list[int] = field(default_factory=list)
    passed: int = 0
    full: bool = False

    def more(self, token: int) -> str:
        """The new part of the text after one more token; "" while a character is incomplete."""
        if self.full or token == PADDING:
            return ""
        if token == END:
            self.full = True
            return ""
        self.tokens.append(token)
        text = self.text()
        if len(text) <= self.passed or text.endswith(
            UNSEEN
        ):  # a character of several bytes may still be completed
            return ""
        piece, self.passed = text[self.passed :], len(text)
        self.full = len(text) >= self.length
        return piece

    def rest(self) -> str:
        """What was held back."""
        return self.text()[self.passed :] if not self.full else ""

    def text(self) -> str:
        """All of it, no longer than was asked for."""
        return self.codec.text(self.tokens)[: self.length]


def refuse_broken(prompt: str) -> None:
    """Raise OptionError for bytes that are no UTF-8, which a terminal passes on as they are."""
    try:
        prompt.encode()
    except UnicodeEncodeError as problem:
        raise OptionError(
            "The prompt is no text in UTF-8.",
            where="--prompt",
            found=ascii(prompt[problem.start : problem.end]),
            remedy="Type it anew, in a terminal that is set to UTF-8.",
        ) from problem


def beginning(codec: TextCodec, text: str) -> Allowed:
    """What lets generated text begin with the given one, however it is cut into pieces.

    A text that ends in a blank is cut into other pieces than the same text with a word behind it,
    which learning saw.
    """
    parts = codec.tokenizer.pre_tokenizer.pre_tokenize_str(text)
    wanted = "".join(part for part, _ in parts)

    def follows(tokens: list[int]) -> list[bool]:
        said = "".join(codec.vocabulary[token - FIRST] for token in tokens if token >= FIRST)
        rest = wanted[len(said) :]
        fits = (entry.startswith(rest) or rest.startswith(entry) for entry in codec.vocabulary)
        return [not rest] * FIRST + list(fits)

    def allowed(tokens: Int[Tensor, "N K"]) -> Bool[Tensor, "N V"] | None:
        found = [follows(row) for row in tokens.tolist()]
        if all(map(all, found)):
            return None
        return torch.tensor(found, device=tokens.device)

    return allowed


def writes(members: tuple[Member, ...]) -> bool:
    """Whether trained networks continue texts."""
    return isinstance(members[0].objective, Language)


def writer(members: tuple[Member, ...], options: Sampling, **asked: Any) -> Writer:
    """What writes with the first member; raises OptionError where a run does not write."""
    if not writes(members):
        raise OptionError(
            "This run answers questions, it does not write.",
            remedy="Use fathom predict, or train on a text: fathom train FILE.txt.",
        )
    return Writer(members[0], options, **asked)
