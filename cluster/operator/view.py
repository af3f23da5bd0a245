"""What one look at the cluster found, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True)
class View:
    """`rows`, all of `kind`: for programs. `columns` and `cells`: the same for people, or what matters of it.
    `note`: a line that stands in front of a table."""

    kind: type[DataclassInstance]
    rows: Sequence[DataclassInstance]
    columns: Sequence[str]
    cells: Sequence[Sequence[str]]
    note: str = ""
