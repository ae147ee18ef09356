"""Tables of numbers, arrays and text: for a terminal, Markdown, HTML, CSV and pandas."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .text import clean, written

if TYPE_CHECKING:
    import pandas

__all__ = ["Pairs", "Table"]

_TINY = 4  # elements that are written out
_SHOWN = 4  # pairs that are written out in a terminal and on a page
_LONGEST = 32  # characters of a line that does not wrap on a page
_LONG = ' class="long"'
_EXACT = 17  # digits that tell any two floats apart

_STYLE = "".join(
    [
        f".autodiff-table {rule}\n"
        for rule in (
            "{overflow-x:auto;font:14px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}",
            "table{border-collapse:collapse}",
            "caption{text-align:left;padding:4px 10px;opacity:.75}",
            "tr>*{text-align:left;vertical-align:top;white-space:nowrap;padding:3px 10px;"
            "border-bottom:1px solid #8884}",
            "thead th{border-bottom:2px solid #8888}",
            "tr>.number{text-align:right}",
            "tr>.long{white-space:normal;min-width:18em}",
        )
    ]
)


class Pairs(NamedTuple):
    """A cell with a value for each of some names.

    Attributes
    ----------
    pairs : tuple of (str, Any)
    form : str
        How one is written: ``"{} = {}"``.
    brief : bool, default False
        Write of an array that is not tiny its shape only: ``w (2×3)``.
    """

    pairs: tuple[tuple[str, Any], ...]
    form: str
    brief: bool = False


class Table:
    """Rows of numbers, arrays and text under named columns.

    Parameters
    ----------
    columns : sequence of str
    rows : sequence of sequences
        Each with a cell per column: text, a number, an array, a tuple of arrays, `Pairs`, or None.
    caption : str, optional
    digits : int, default 6
        Significant digits of numbers; may be assigned. Arrays of at most 4 elements are written out, of
        others the norm and the shape.

    Raises
    ------
    ValueError
        For a row of the wrong length.

    Examples
    --------
    >>> table = Table(["name", "value"], [("a", 2.0), ("exp(a)", 7.38905609893065)])
    >>> print(table)
    name      value
    ------  -------
    a             2
    exp(a)  7.38906
    >>> table["value"]
    [2.0, 7.38905609893065]
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        caption: str = "",
        digits: int = 6,
    ) -> None:
        self.columns = list(columns)
        self.rows = [tuple(row) for row in rows]
        self.caption = caption
        self.digits = digits
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"Table: a row has {len(row)} cells, but there are {len(self.columns)} columns"
                )

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.rows)

    def __getitem__(self, column: str) -> list[Any]:
        """The cells of a column."""
        if column not in self.columns:
            raise KeyError(f"no column {column!r}; there are {', '.join(map(repr, self.columns))}")
        place = self.columns.index(column)
        return [row[place] for row in self.rows]

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()

    def _cells(self, most: int | None = _SHOWN) -> list[list[list[str]]]:
        """For each cell its lines."""
        return [[[*map(clean, _lines(x, self.digits, most))] for x in row] for row in self.rows]

    def _numeric(self) -> list[bool]:
        """Whether a column holds numbers, to be aligned at the right."""
        numeric = []
        for i in range(len(self.columns)):
            cells = [row[i] for row in self.rows if row[i] is not None]
            numeric.append(bool(cells) and all([_is_number(cell) for cell in cells]))
        return numeric

    def to_text(self, width: int = 120) -> str:
        """Return the table for a terminal, in aligned columns.

        Parameters
        ----------
        width : int, default 120
            Where the lines would be longer, pairs are written below each other.

        Examples
        --------
        >>> print(Table(["x", "y"], [("a", 1), ("b", 10)]).to_text())
        x   y
        -  --
        a   1
        b  10
        """
        cells = self._cells()
        joined = [[[", ".join(lines)] for lines in row] for row in cells]
        text = self._aligned(joined)
        if max(map(_width, text)) > width:
            text = self._aligned(cells)
        return "\n".join([self.caption, "", *text] if self.caption else text)

    def _aligned(self, cells: list[list[list[str]]]) -> list[str]:
        """The lines of the text, for cells of several lines each."""
        rows = [[[name] for name in self.columns], *cells]
        widths = [
            max([_width(line) for row in rows for line in row[i]], default=0)
            for i in range(len(self.columns))
        ]
        numeric = self._numeric()
        lines = []
        for row in rows:
            for parts in zip_longest(*row, fillvalue=""):
                blanks = [" " * (w - _width(part)) for part, w in zip(parts, widths)]
                padded = [
                    blank + part if right else part + blank
                    for part, blank, right in zip(parts, blanks, numeric)
                ]
                lines.append("  ".join(padded).rstrip())
        lines.insert(1, "  ".join(["-" * w for w in widths]))
        return lines

    def to_markdown(self) -> str:
        """Return the table in GitHub's Markdown.

        Examples
        --------
        >>> print(Table(["x", "y"], [("a|b", 1.5)]).to_markdown())
        | x | y |
        | :-- | --: |
        | a\\|b | 1.5 |
        """
        marks = ["--:" if right else ":--" for right in self._numeric()]
        rows = [self.columns, *[[", ".join(lines) for lines in row] for row in self._cells()]]
        escaped = [[_for_markdown(cell) for cell in row] for row in rows]
        lines = [f"| {' | '.join(row)} |" for row in [escaped[0], marks, *escaped[1:]]]
        return "\n".join([_for_markdown(self.caption), "", *lines] if self.caption else lines)

    def to_html(self, path: str | Path | None = None) -> str:
        """Return the table as HTML, for notebooks and pages, and write it to `path` where given.

        It takes the colours of the page.

        Raises
        ------
        OSError
            Where the file cannot be written.

        Examples
        --------
        >>> "<td>a &lt; b</td>" in Table(["x"], [("a < b",)]).to_html()
        True
        """
        right = [' class="number"' if numeric else "" for numeric in self._numeric()]
        parts = [f'<div class="autodiff-table"><style>{_STYLE}</style><table>']
        if self.caption:
            parts.append(f"<caption>{escape(self.caption)}</caption>")
        heads = [f'<th scope="col"{c}>{escape(x)}</th>' for c, x in zip(right, self.columns)]
        parts.append(f"<thead><tr>{''.join(heads)}</tr></thead><tbody>")
        for row in self._cells():
            cells = [
                f"<td{c or _LONG * (max(map(len, x)) > _LONGEST)}>{'<br>'.join(map(escape, x))}</td>"
                for c, x in zip(right, row)
            ]
            parts.append(f"<tr>{''.join(cells)}</tr>")
        return written("\n".join([*parts, "</tbody></table></div>"]), path)

    _repr_html_ = to_html

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the table as comma-separated values, and write it to `path` where given.

        Numbers have all their digits, and all pairs are there.

        Raises
        ------
        OSError
            Where the file cannot be written.

        Examples
        --------
        >>> print(Table(["x", "y"], [("a, b", 0.1)]).to_csv())
        x,y
        "a, b",0.1
        <BLANKLINE>
        """
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([["; ".join(_lines(x, _EXACT, None)) for x in row] for row in self.rows])
        return written(out.getvalue(), path)

    def to_dataframe(self) -> pandas.DataFrame:
        """Return the table as a ``pandas.DataFrame``; the cells of `Pairs` become lists of pairs.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError(
                "to_dataframe needs pandas, which is not installed: pip install pandas"
            ) from None
        return pandas.DataFrame(
            {name: pandas.Series([_plain(cell) for cell in self[name]]) for name in self.columns}
        )


def _lines(cell: Any, digits: int, most: int | None) -> list[str]:
    """A cell as text; each pair has its line."""
    if not isinstance(cell, Pairs):
        return [_shown(cell, digits)]
    lines = []
    for name, x in cell.pairs[:most]:
        arrays = x if isinstance(x, (tuple, list)) else (x,)
        if cell.brief and any([np.size(array) > _TINY for array in arrays]):
            lines.append(f"{name} ({', '.join(map(_shape, arrays))})")
        else:
            lines.append(cell.form.format(name, _shown(x, digits)))
    more = len(cell.pairs) - len(lines)
    return [*lines, f"and {more} more"] if more else lines


def _shown(cell: Any, digits: int) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, (tuple, list)):
        return ", ".join(["–" if x is None else _shown(x, digits) for x in cell])
    array = np.asarray(cell)
    if 0 < array.size <= _TINY:
        return _nested(array.tolist(), digits)
    if array.dtype.kind != "f" or not array.size:
        return f"{array.dtype.name} ({_shape(array)})"
    scale = float(np.abs(array).max())  # so that no square overflows
    norm = scale * float(np.linalg.norm(array / scale)) if 0.0 < scale < np.inf else scale
    return f"norm {_number(norm, digits)} ({_shape(array)})"


def _shape(array: Any) -> str:
    return "×".join(map(str, np.shape(array)))


def _nested(x: Any, digits: int) -> str:
    if isinstance(x, list):
        return f"[{', '.join([_nested(item, digits) for item in x])}]"
    return _number(x, digits)


def _number(x: Any, digits: int) -> str:
    if isinstance(x, int):
        return str(x)
    if digits >= _EXACT:
        return repr(x)
    return f"{x + 0.0:.{digits}g}"  # no minus before a zero


def _is_number(cell: Any) -> bool:
    if isinstance(cell, np.ndarray):
        return cell.ndim == 0
    return isinstance(cell, (int, float, np.number))


def _plain(cell: Any) -> Any:
    """A cell as pandas holds it."""
    if isinstance(cell, Pairs):
        return [(name, _plain(x)) for name, x in cell.pairs]
    return cell.item() if isinstance(cell, np.ndarray) and cell.ndim == 0 else cell


def _width(text: str) -> int:
    """How many places a text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        [
            0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
            for c in text
        ]
    )


def _for_markdown(text: str) -> str:
    return text.translate(_MARKDOWN)


_MARKDOWN: dict[int, str] = {ord(c): f"\\{c}" for c in "\\|*_`<[]"}
