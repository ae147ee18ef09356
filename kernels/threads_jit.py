"""The life of a worker, compiled: it waits, takes part in a job, and waits again."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from .handoff import (
    ASLEEP,
    LINE,
    LOCK,
    PATIENCE,
    STATE,
    WORKERS,
    acquire_lock,
    exchange,
    is_invited,
    pause,
    read,
    run_anywhere,
    take_part,
    wake,
    write,
)
from .jit import jit

__all__ = ["dismiss", "pauses", "serve"]


@jit
def pauses(count):
    """Wait as workers wait."""
    for _ in range(count):
        pause()


@jit
def serve(board, worker):
    """Take part in the jobs on a board until its patience is negative.

    Between jobs a worker watches the board for a while, because a job often follows another one and
    a thread that sleeps takes 50 us to wake. Then it sleeps until it is called. One that was called
    and came too late watches for a shorter time: the core may be wanted by others.
    """
    place = WORKERS + worker * LINE
    while read(board, PATIENCE) >= 0:
        done = take_part(board, worker)
        patience = read(board, PATIENCE) if done else read(board, PATIENCE) // 4
        while patience > 0 and not is_invited(read(board, STATE), worker):
            pause()
            patience -= 1
        if patience <= 0:
            write(board, place + ASLEEP, 1)
            # An invitation that came before that word was written has woken nobody.
            if not is_invited(read(board, STATE), worker) or not exchange(
                board, place + ASLEEP, 1, 0
            ):
                acquire_lock(read(board, place + LOCK), 1)
                run_anywhere(board)


@jit
def dismiss(board, workers):
    """Let workers come to their end."""
    write(board, PATIENCE, -1)
    wake(board, workers)
