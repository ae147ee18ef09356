"""How compiled code hands a range of work to other threads: a job on the board, and who takes it.

A kernel's body is a function of its arguments and of a range. `job_of` makes of it an address that
any thread can call: of a small function that unpacks the arguments from a record on the caller's
stack. `share` writes that job on the board, an array of 64-bit words that all threads see, and works
on it; workers do the same.

All changes hands in one word, `STATE`: the number of the job, how many workers are invited, and how
many of its chunks nobody has taken. A chunk is taken by a compare-and-exchange on that word. It
succeeds only where the word is still what it was before the description of the job was read, so a
worker that comes late can never mix two jobs, and the caller need not wait for it: chunks that no
worker takes, the caller does.

Nobody here holds the interpreter's lock. Workers that have waited for a while (`threads_jit`) sleep
on a lock of Python's thread library, the one below `threading.Lock`.
"""

# mypy: disable-error-code="no-untyped-def, untyped-decorator, no-untyped-call"

from __future__ import annotations

import platform
from typing import Any

import numba
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils, compiler
from numba.core.callconv import excinfo_ptr_t
from numba.core.targetconfig import ConfigStack

intrinsic: Any = extending.intrinsic

WORD = ir.IntType(64)
CODE = INDEX = ir.IntType(32)

# Places on the board. Words that different threads write lie in different cache lines (of 128
# bytes, the longest there are).
LINE = 16
STATE, DONE, OWNED = 0, LINE, 2 * LINE
FUNCTION, RECORD, COUNT, CHUNKS = range(3 * LINE, 3 * LINE + 4)
PATIENCE, NEVER = 4 * LINE, 4 * LINE + 1
CORES, OTHERS = (
    5 * LINE,
    6 * LINE,
)  # sets of cores, a bit for each: the caller's, and without its own
WORKERS = 7 * LINE
ASLEEP, LOCK, THREAD = 0, 1, 2  # of each worker's line
MOST_WORKERS = 255
MOST_CHUNKS = 0xFFFF
SIZE = WORKERS + MOST_WORKERS * LINE

acquire_lock: Any = types.ExternalFunction(
    "PyThread_acquire_lock", types.int32(types.intp, types.int32)
)
acquire_lock_timed: Any = types.ExternalFunction(
    "PyThread_acquire_lock_timed", types.int32(types.intp, types.int64, types.int32)
)
release_lock: Any = types.ExternalFunction("PyThread_release_lock", types.void(types.intp))


# Words that several threads use ----------------------------------------------------------------


def _place(builder: Any, board: Any, index: Any) -> Any:
    return builder.gep(builder.inttoptr(board, WORD.as_pointer()), [index])


@intrinsic
def read(typingctx, board, index):
    """Return a word; what its writer wrote before is then visible."""

    def codegen(context, builder, signature, arguments):
        return builder.load_atomic(_place(builder, *arguments), "seq_cst", 8)

    return types.intp(types.intp, types.intp), codegen


@intrinsic
def write(typingctx, board, index, value):
    """Write a word, after everything that was written before."""

    def codegen(context, builder, signature, arguments):
        board, index, value = arguments
        builder.store_atomic(value, _place(builder, board, index), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp), codegen


@intrinsic
def add(typingctx, board, index, value):
    """Add to a word."""

    def codegen(context, builder, signature, arguments):
        board, index, value = arguments
        return builder.atomic_rmw("add", _place(builder, board, index), value, "seq_cst")

    return types.intp(types.intp, types.intp, types.intp), codegen


@intrinsic
def exchange(typingctx, board, index, old, new):
    """Write `new` where the word is `old`; say whether it was."""

    def codegen(context, builder, signature, arguments):
        board, index, old, new = arguments
        place = _place(builder, board, index)
        result = builder.cmpxchg(place, old, new, "seq_cst", "seq_cst")
        return builder.extract_value(result, 1)

    return types.boolean(types.intp, types.intp, types.intp, types.intp), codegen


@intrinsic
def pause(typingctx):
    """Tell the CPU that this thread only waits."""

    def codegen(context, builder, signature, arguments):
        if platform.machine() in ("x86_64", "AMD64"):
            name, operands = "llvm.x86.sse2.pause", []
        elif platform.machine() in ("aarch64", "arm64"):
            name, operands = "llvm.aarch64.hint", [CODE(1)]
        else:
            return context.get_dummy_value()
        kind = ir.FunctionType(ir.VoidType(), [operand.type for operand in operands])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, name), operands)
        return context.get_dummy_value()

    return types.void(), codegen


# Jobs ------------------------------------------------------------------------------------------

_CHUNK = ir.FunctionType(ir.VoidType(), [WORD, WORD, WORD])
_CODE, _EXCEPTION, _FIRST = 0, 1, 2  # in a record: how the body ended, and then its arguments


def _member(builder: Any, record: Any, number: int) -> Any:
    return builder.gep(record, [INDEX(0), INDEX(number)])


def job_of(body: Any) -> Any:
    """Return an intrinsic: tuple of arguments -> (address to call, address of their record).

    The record lives in the frame of the function that calls the intrinsic, which must call
    `raise_error` when all is done.
    """

    @intrinsic
    def job(typingctx, arguments):
        kinds = tuple(arguments)

        def codegen(context, builder, signature, values):
            # Into the caller's own library: what is linked from another one is optimised twice.
            flags = ConfigStack().top().copy()
            flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
            compiled = compiler.compile_internal(
                context.typing_context, context, context.active_code_library,
                body, (*kinds, types.intp, types.intp), types.void, flags, {},
            )  # fmt: skip
            members = cgutils.unpack_tuple(builder, values[0], len(kinds))
            kind = ir.LiteralStructType([CODE, excinfo_ptr_t, *[m.type for m in members]])
            record = cgutils.alloca_once(builder, kind, zfill=True)
            for number, member in enumerate(members, _FIRST):
                builder.store(member, _member(builder, record, number))
            chunk = _chunk_function(context, builder, kind, compiled)
            addresses = [builder.ptrtoint(value, WORD) for value in (chunk, record)]
            return context.make_tuple(builder, signature.return_type, addresses)

        return types.UniTuple(types.intp, 2)(arguments), codegen

    return job


def _chunk_function(context: Any, caller: Any, kind: Any, compiled: Any) -> Any:
    """Emit a function (record, begin, end) that calls the body, and notes in the record if it fails."""
    function = ir.Function(caller.module, _CHUNK, f"{caller.function.name}.chunk")
    function.linkage = "internal"
    builder = ir.IRBuilder(function.append_basic_block())
    address, begin, end = function.args
    record = builder.inttoptr(address, kind.as_pointer())
    arguments = [
        builder.load(_member(builder, record, number))
        for number in range(_FIRST, len(kind.elements))
    ]
    body = context.declare_function(builder.module, compiled.fndesc)
    status, _ = context.call_conv.call_function(
        builder, body, types.void, compiled.signature.args, [*arguments, begin, end],
        attrs=("noinline",),
    )  # fmt: skip
    with builder.if_then(status.is_error, likely=False):
        builder.store(status.excinfoptr, _member(builder, record, _EXCEPTION))
        builder.store(status.code, _member(builder, record, _CODE))
    builder.ret_void()
    return function


@intrinsic
def run(typingctx, function, record, begin, end):
    """Do a part of a job."""

    def codegen(context, builder, signature, arguments):
        function, *operands = arguments
        builder.call(builder.inttoptr(function, _CHUNK.as_pointer()), operands)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 4), codegen


@intrinsic
def raise_error(typingctx, record):
    """Raise what a body has raised, in whichever thread."""

    def codegen(context, builder, signature, arguments):
        kind = ir.LiteralStructType([CODE, excinfo_ptr_t])
        record = builder.inttoptr(arguments[0], kind.as_pointer())
        code = builder.load(_member(builder, record, _CODE))
        exception = builder.load(_member(builder, record, _EXCEPTION))
        status = context.call_conv._get_return_status(builder, code, exception)
        with builder.if_then(status.is_error, likely=False):
            context.call_conv.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return types.void(types.intp), codegen


# Sharing ---------------------------------------------------------------------------------------

_compiled = numba.njit(nogil=True, error_model="numpy")


@_compiled
def is_invited(state, worker):
    """Say whether a state of the board has chunks left for a worker."""
    return state & MOST_CHUNKS != 0 and worker < (state >> 16) & MOST_WORKERS


@_compiled
def take_part(board, worker):
    """Do chunks of the present job until none is left; return how many."""
    done = 0
    state = read(board, STATE)
    while is_invited(state, worker):
        function, record = read(board, FUNCTION), read(board, RECORD)
        count, chunks = read(board, COUNT), read(board, CHUNKS)
        if exchange(board, STATE, state, state - 1):
            chunk = chunks - (state & MOST_CHUNKS)
            run(function, record, count * chunk // chunks, count * (chunk + 1) // chunks)
            add(board, DONE, 1)
            done += 1
        state = read(board, STATE)
    return done


# Which cores workers wake on. In a virtual machine Linux takes a core that has slept for a while for
# one that is not there, and wakes a thread on the core of the thread that calls it. There it waits for
# milliseconds, until the next tick finds that two are on one. So a worker is kept off that core
# until it has woken. Elsewhere than on Linux nothing is done.

if platform.system() == "Linux":
    _core: Any = types.ExternalFunction("sched_getcpu", types.int32())
    _get_cores: Any = types.ExternalFunction(
        "sched_getaffinity", types.int32(types.intp, types.intp, types.intp)
    )
    _set_cores: Any = types.ExternalFunction(
        "sched_setaffinity", types.int32(types.intp, types.intp, types.intp)
    )

    @_compiled
    def look_at_cores(board):
        """Note where this thread may run; say whether there are other cores than its present one."""
        own = _core()
        if own < 0 or own >= 64 * LINE:
            return False
        for i in range(LINE):
            write(board, CORES + i, 0)
        if _get_cores(0, 8 * LINE, board + 8 * CORES) != 0:
            return False
        others = 0
        for i in range(LINE):
            cores = read(board, CORES + i)
            if i == own // 64:
                cores &= ~(1 << (own % 64))
            write(board, OTHERS + i, cores)
            others |= cores
        return others != 0

    @_compiled
    def keep_off(board, thread):
        """Let a thread run on the other cores only."""
        _set_cores(thread, 8 * LINE, board + 8 * OTHERS)

    @_compiled
    def run_anywhere(board):
        """Let this thread run where its caller may."""
        _set_cores(0, 8 * LINE, board + 8 * CORES)

else:

    @_compiled
    def look_at_cores(board):
        return False

    @_compiled
    def keep_off(board, thread):
        pass

    @_compiled
    def run_anywhere(board):
        pass


@_compiled
def wake(board, workers):
    """Wake those of the workers 0 ... workers - 1 that sleep."""
    looked = others = False
    for worker in range(workers):
        place = WORKERS + worker * LINE
        if exchange(board, place + ASLEEP, 1, 0):
            if not looked:
                looked, others = True, look_at_cores(board)
            if others:
                keep_off(board, read(board, place + THREAD))
            release_lock(read(board, place + LOCK))


@_compiled
def share(board, helpers, chunks, count, function, record):
    """Do a job on this thread and on those of the workers 0 ... helpers - 1 that have time.

    While another thread shares a job on the same board, this one does its own alone.
    """
    if helpers == 0 or not exchange(board, OWNED, 0, 1):
        run(function, record, 0, count)
        return
    write(board, FUNCTION, function)
    write(board, RECORD, record)
    write(board, COUNT, count)
    write(board, CHUNKS, chunks)
    write(board, DONE, 0)
    number = (read(board, STATE) >> 32) + 1
    write(board, STATE, (number & 0x7FFFFFFF) << 32 | helpers << 16 | chunks)
    wake(board, helpers)
    take_part(board, -1)
    patience = read(board, PATIENCE)
    while read(board, DONE) != chunks:
        if patience > 0:
            pause()
            patience -= 1
        else:  # more threads than cores: whoever works on the last chunk may need this one
            acquire_lock_timed(read(board, NEVER), 50, 0)
    write(board, OWNED, 0)
