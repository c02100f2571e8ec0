"""One text, read aloud: which character went to which token, what each token means, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from addresses.choices import DecisionState
from addresses.matching.resolve import parse
from addresses.matching.result import Resolution
from addresses.matching.segment import NameToken
from addresses.models import AddressDecision
from addresses.parsing.normalise import cache_key, normalise
from addresses.parsing.tokens import NUMBER_SHAPES, POSITION_SHAPES, Shape, Token
from addresses.services.resolution import TEXT_LIMIT, load_index, resolve_with

NAME, NUMBER, UNIT_WORD, FILLER, POSITION, PERSONAL, UNREAD = (
    "name", "number", "unit-word", "filler", "position", "personal", "unread",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Character:
    """One character of the normalised text: what it was read as, and the place in the raw text that it came from."""

    text: str
    role: str
    raw_at: int
    raw: str

    @property
    def is_changed(self) -> bool:
        """Whether the raw text has another character there."""
        return self.text != self.raw


@dataclass(frozen=True, slots=True)
class ReadToken:
    """A token with its characters. `meanings` are levels that a name can be at, or what a number was written as."""

    shape: str
    role: str
    characters: tuple[Character, ...]
    meanings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "".join(character.text for character in self.characters)


@dataclass(frozen=True, slots=True)
class TextReading:
    """Everything that can be shown of one resolution; `milliseconds` with the names loaded, look-up included.

    `dropped` are characters of the raw text that no normalised one came from: (place, character).
    """

    text: str
    normalised: str
    tokens: tuple[ReadToken, ...]
    dropped: tuple[tuple[int, str], ...]
    resolution: Resolution
    decision: AddressDecision | None
    milliseconds: float


def read_text(text: str) -> TextReading:
    """Reads and resolves one scrubbed text: a look-up and the standing decision, nothing is stored."""
    index = load_index()
    started = time.perf_counter()
    (resolution,) = resolve_with(index, [text])
    elapsed_ms = (time.perf_counter() - started) * 1000
    normalised = normalise(text)
    tokens = parse(text, index.names).tokens
    standing = AddressDecision.objects.select_related("address").filter(
        normalised=cache_key(text)[:TEXT_LIMIT], state=DecisionState.STANDING
    )
    return TextReading(
        text=text,
        normalised=normalised.text,
        tokens=tuple(_read_token(token, text, normalised.text, normalised.offsets) for token in tokens),
        dropped=_dropped(text, normalised.offsets),
        resolution=resolution,
        decision=standing.first(),
        milliseconds=round(elapsed_ms, 2),
    )


def decisions_of(texts: Sequence[str]) -> Mapping[str, AddressDecision]:
    """Standing decisions by text, of the scrubbed texts that have one: one query."""
    keys = {text: cache_key(text)[:TEXT_LIMIT] for text in texts}
    standing = AddressDecision.objects.select_related("address").filter(
        normalised__in=set(keys.values()), state=DecisionState.STANDING
    )
    by_key = {decision.normalised: decision for decision in standing}
    return {text: by_key[key] for text, key in keys.items() if key in by_key}


def _dropped(raw: str, offsets: Sequence[int]) -> tuple[tuple[int, str], ...]:
    """Characters that the normalised text left out; a numeral of several characters counts as read."""
    if not offsets:
        return ()
    kept = set(offsets)
    return tuple((i, c) for i, c in enumerate(raw) if i not in kept and (c.isspace() or not c.isprintable()))


def _role(token: Token) -> str:
    if token.shape is Shape.NAME:
        return NAME
    if token.shape is Shape.UNREAD:
        return UNREAD
    if token.shape is Shape.PERSONAL:
        return PERSONAL
    if token.shape in NUMBER_SHAPES:
        return NUMBER
    return POSITION if token.shape in POSITION_SHAPES else FILLER


def _meanings(token: Token) -> tuple[str, ...]:
    if not isinstance(token, NameToken) or token.surface is None:
        return ()
    surface = token.surface
    return (surface.admin,) if surface.admin else tuple(meaning.level for meaning in surface.meanings)


def _read_token(token: Token, raw: str, text: str, offsets: Sequence[int]) -> ReadToken:
    role = _role(token)
    characters = tuple(
        Character(text[at], _character_role(role, text[at]), offsets[at], raw[offsets[at]])
        for at in range(token.start, token.end)
    )
    return ReadToken(token.shape.value, role, characters, _meanings(token))


def _character_role(role: str, character: str) -> str:
    """In a number, what is no digit, letter or joint is the word of its unit."""
    is_word = role == NUMBER and not (character.isascii() or "0" <= character <= "9")
    return UNIT_WORD if is_word else role
