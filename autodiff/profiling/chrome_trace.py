"""Events of a profile in the format of Chrome's tracing, which Perfetto reads too.

The format is described in "Trace Event Format" (Google, 2016): an event of phase "X" is complete,
with its start and its duration in microseconds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from .events import Event

__all__ = ["text_of"]

_CATEGORIES = {"model": "module", "scope": "module", "sweep": "engine"}


def text_of(events: Sequence[Event]) -> str:
    """Return the JSON text; times begin with the first event."""
    pid = os.getpid()
    start = min([event.begin for event in events], default=0)
    found: list[dict[str, Any]] = [
        {"name": "process_name", "ph": "M", "pid": pid, "tid": 1, "args": {"name": "autodiff"}},
    ]
    for event in sorted(events, key=lambda event: (event.begin, -event.end)):
        found.append(
            {
                "name": _name(event),
                "cat": _CATEGORIES.get(event.kind, event.kind),
                "ph": "X",
                "ts": (event.begin - start) / 1000,
                "dur": (event.end - event.begin) / 1000,
                "pid": pid,
                "tid": 1,
                "args": _details(event),
            }
        )
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": found})


def _name(event: Event) -> str:
    return ".".join(event.path) if event.kind in ("module", "scope") else event.name


def _details(event: Event) -> dict[str, Any]:
    """What is shown of the event that is chosen."""
    if event.kind == "module":
        return {"class": event.name}
    if event.kind not in ("forward", "backward"):
        return {}
    details: dict[str, Any] = {"module": ".".join(event.path), "bytes made": event.made}
    if event.kind == "forward":
        details["shapes"] = event.shapes
        details["bytes saved for backward"] = event.saved
        if event.multiply_adds:
            details["multiply-adds"] = event.multiply_adds
    return details
