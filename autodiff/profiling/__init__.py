"""``profile``: time, calls and memory of operations and modules, forward and backward."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from ..observing import Observer, observer_of_thread
from . import chrome_trace, tables
from .array_memory import Alive
from .events import Event, Recorder

if TYPE_CHECKING:
    import pandas

    from ..pictures.tabular import Table

__all__ = ["profile"]


class profile:
    """Measure the operations inside: time, calls and memory, forward and backward apart.

    A context manager. Forward times are those of the operations' functions on arrays, backward
    times those of their rules; what the engine, Python, the optimiser and the data take is the rest
    of the wall time. Only the thread that entered is measured. May be entered again: figures add up.

    Attributes
    ----------
    events : list of Event
        All that was measured, in order of its end.
    wall : float
        Seconds inside the context.
    peak : int
        The largest sum of bytes of arrays made inside, and of gradients, that existed at once.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> model = nn.Sequential(nn.Linear(64, 32), nn.Tanh())
    >>> with ad.profile() as p:
    ...     model(ad.ones(16, 64)).sum().backward()
    >>> table = p.table(sort="order")
    >>> table["operation"], table["calls"]
    (['linear', 'tanh', 'sum'], [1, 1, 1])
    >>> p.table("module", sort="order")["module"]
    ['all', '  0: Linear', '  1: Tanh']

    ``print(p)`` shows the table with its totals, ``p.to_chrome_trace("trace.json")`` writes a file
    for chrome://tracing and https://ui.perfetto.dev, and ``ad.graph`` colours by "time".

    Notes
    -----
    An operation takes about 5 microseconds longer while it is measured, its rules 3, a module 1; a
    record of 0.3 kilobytes stays. The times in the table do not contain that, the wall time does.
    Kernels are loaded or compiled when they are first called: run a step before you measure.

    Operations on ``Value`` are not measured: one takes less time than looking at the clock.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._measured = 0  # nanoseconds of the times before the present one
        self._since: int | None = None
        self._memory = Alive()
        self._context: AbstractContextManager[Observer] | None = None

    def __enter__(self) -> profile:
        if self._context is not None:
            raise RuntimeError("profile: this one is on already; make another profile()")
        recorder = Recorder(self.events, self._memory)
        context = observer_of_thread(recorder)
        recorder.observer = context.__enter__()
        self._context = context
        self._since = perf_counter_ns()
        return self

    def __exit__(self, *exception: Any) -> None:
        assert self._context is not None
        assert self._since is not None
        self._measured += perf_counter_ns() - self._since
        context, self._context, self._since = self._context, None, None
        context.__exit__(*exception)
        self._memory.forget()

    @property
    def wall(self) -> float:
        running = 0 if self._since is None else perf_counter_ns() - self._since
        return (self._measured + running) * 1e-9

    @property
    def peak(self) -> int:
        return self._memory.peak

    def table(self, by: str = "primitive", sort: str = "time", depth: int | None = None) -> Table:
        """Return the figures as a table, to be printed or converted.

        Parameters
        ----------
        by : {"primitive", "module"}, default "primitive"
            A row per operation, or per module and scope, as a tree, which contains those inside it
            ("own" is without them; "wall ms" is the time of the calls as a whole, with Python).
        sort : {"time", "forward", "backward", "calls", "memory", "name", "order"}, default "time"
            The largest first; "order" is that of the first call. In the tree, within each module.
        depth : int, optional
            How many levels of the tree are shown.

        Returns
        -------
        Table
            With `to_markdown`, `to_html`, `to_csv` and `to_dataframe`. Times in milliseconds, memory
            in megabytes (10**6 bytes): "made" are new arrays of both passes, "saved" those that
            are kept for backward. "%" is of the time of all operations. "GFLOP/s" counts two
            operations per multiply-add of the forward function.

        Raises
        ------
        ValueError
            For another `by` or `sort`, or a negative depth.
        """
        return tables.table(self.events, by, sort, depth)

    def to_text(self, by: str = "primitive", sort: str = "time", depth: int | None = None) -> str:
        """Return the table for a terminal, with the totals below it; see ``table``."""
        table = self.table(by, sort, depth)
        totals = tables.totals(self.events, self.wall, self.peak)
        return f"{tables.as_text(table)}\n\n{totals}"

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<profile of {len(self.events)} events in {self.wall:.3f} s>"

    def to_markdown(
        self, by: str = "primitive", sort: str = "time", depth: int | None = None
    ) -> str:
        """Return the table in GitHub's Markdown; see ``table``."""
        return self.table(by, sort, depth).to_markdown()

    def to_dataframe(
        self, by: str = "primitive", sort: str = "time", depth: int | None = None
    ) -> pandas.DataFrame:
        """Return the table as a ``pandas.DataFrame``; see ``table``.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        """
        return self.table(by, sort, depth).to_dataframe()

    def to_chrome_trace(self, path: str | Path) -> None:
        """Write all events as a file that chrome://tracing and https://ui.perfetto.dev open.

        The categories are "forward", "backward", "module" (with scopes) and "engine" (the sweeps).

        Raises
        ------
        OSError
            Where the file cannot be written.
        """
        Path(path).write_text(chrome_trace.text_of(self.events), encoding="utf-8")
