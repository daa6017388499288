"""Comparison of CIDR ranges and ports: whether a change opens access to more of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

EVERYWHERE = "0.0.0.0/0"


def added_blocks(before: Iterable[Any], after: Iterable[Any]) -> list[str]:
    """The CIDR ranges in `after` that no range in `before` contains."""
    known = list(_blocks(before))
    return [str(block) for block in _blocks(after) if not any(_inside(block, old) for old in known)]


def added_sources(before: Iterable[Any], after: Iterable[Any]) -> list[str]:
    """Like added_blocks, for lists that also contain names, as clouds have for their own networks."""
    before, after = list(before), list(after)
    if EVERYWHERE in before:
        return []
    names = [one for one in after if isinstance(one, str) and one not in before and not list(_blocks([one]))]
    return added_blocks(before, after) + names


def _blocks(texts: Iterable[Any]) -> Iterator[Any]:
    for text in texts:
        if isinstance(text, str):
            try:
                yield ipaddress.ip_network(text, strict=False)
            except ValueError:
                continue


def _inside(block: Any, other: Any) -> bool:
    return block.version == other.version and bool(block.subnet_of(other))


def between(first: Any, last: Any) -> list[str]:
    """The CIDR ranges from a first to a last address; empty if these are no addresses."""
    try:
        ends = ipaddress.ip_address(str(first)), ipaddress.ip_address(str(last))
        return [str(block) for block in ipaddress.summarize_address_range(*ends)]
    except (ValueError, TypeError):
        return []


def added_ports(before: Iterable[Any], after: Iterable[Any]) -> list[str]:
    """The ports, as `443`, `8000-8080` or `*` for all, that were not open before."""
    known = [_ports(text) for text in before]
    return [str(text) for text in after if not any(_is_within(_ports(text), old) for old in known)]


def _ports(text: Any) -> tuple[int, int]:
    first, _, last = str(text).partition("-")
    is_range = first.isdigit() and (last or first).isdigit()
    return (int(first), int(last or first)) if is_range else (0, 65535)


def _is_within(ports: tuple[int, int], other: tuple[int, int]) -> bool:
    return other[0] <= ports[0] and ports[1] <= other[1]
