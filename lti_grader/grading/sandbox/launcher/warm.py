"""A Python that has started already: every run goes on in a copy of it, as if an interpreter had been started for it.

    python OPTION... /slot/warm.py CHANNEL FILTER MODULE...

It lives in a slot (see slot.c, which it loads as a library) and never runs a program itself: the copies do, each in
namespaces of its own that end with it. A run is asked for by `SCRIPT ARGUMENT...` or `-c CODE ARGUMENT...`.
Any Python from 3.9 on reads this, so it imports nothing of the tool.
"""

import atexit
import builtins
import ctypes
import gc
import importlib
import importlib.machinery
import io
import os
import signal
import sys
import threading
import types
from typing import Any

# The calls that stand below a program here, and do not where an interpreter is started for it.
_FRAMES_BELOW = 5


def main() -> None:
    """Import what programs import, and serve runs until the worker is gone."""
    channel, filter_ = int(sys.argv[1]), int(sys.argv[2])
    slot = ctypes.PyDLL("/slot/slot.so")
    slot.slot_next.restype = ctypes.POINTER(ctypes.c_char_p)
    _import(sys.argv[3:])
    gc.collect()
    # What is here already is never looked through again, and so never copied.
    gc.freeze()
    gc.disable()
    slot.slot_open(channel, filter_)
    ctypes.pythonapi.PyOS_BeforeFork()
    asked = slot.slot_next()
    if not asked:
        os._exit(0)
    ctypes.pythonapi.PyOS_AfterFork_Child()
    gc.enable()
    arguments: list[str] = []
    while asked[len(arguments)] is not None:
        arguments.append(os.fsdecode(asked[len(arguments)]))
    os._exit(_run(arguments))


def _import(modules: list[str]) -> None:
    # Threads that were started here would be missing in the copies.
    single = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    os.environ.update(dict.fromkeys(single, "1"))
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError:
            continue
    for name in single:
        del os.environ[name]


def _run(arguments: list[str]) -> int:
    """Run a program as an interpreter would, and return its exit status."""
    _reopen_streams()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    names = _fresh_main()
    sys.orig_argv = [*sys.orig_argv[: sys.orig_argv.index("/slot/warm.py")], *arguments]
    status = _carry_out(arguments, names)
    wait_for_threads = threading._shutdown  # type: ignore[attr-defined]
    for end in (wait_for_threads, atexit._run_exitfuncs, lambda: _forget(names)):
        try:
            end()
        except BaseException:
            sys.excepthook(*sys.exc_info())
    return status if _flush() else 120


def _reopen_streams() -> None:
    """Make Python's streams anew, of what stands behind the descriptors now."""
    for number, name, mode, old in (
        (0, "stdin", "r", sys.stdin),
        (1, "stdout", "w", sys.stdout),
        (2, "stderr", "w", sys.stderr),
    ):
        binary: Any = open(number, mode + "b", closefd=False)
        binary.raw.name = f"<{name}>"
        text: Any = io.TextIOWrapper(
            binary, encoding=old.encoding, errors=old.errors, newline="\n", line_buffering=name == "stderr"
        )
        text.mode = mode
        setattr(sys, name, text)
        setattr(sys, f"__{name}__", text)


def _fresh_main() -> dict[str, object]:
    module = types.ModuleType("__main__")
    names = module.__dict__
    names.update(__builtins__=builtins, __annotations__={}, __loader__=importlib.machinery.BuiltinImporter)
    sys.modules["__main__"] = module
    return names


def _carry_out(arguments: list[str], names: dict[str, object]) -> int:
    try:
        if arguments[0] == "-c":
            source, name, sys.argv = arguments[1].encode(), "<string>", ["-c", *arguments[2:]]
            folder = ""
        else:
            name, sys.argv, folder = arguments[0], arguments, arguments[0].rpartition("/")[0]
            with open(name, "rb") as file:
                source = file.read()
            loader = importlib.machinery.SourceFileLoader("__main__", name)
            names.update(__file__=name, __cached__=None, __loader__=loader)
        if not getattr(sys.flags, "safe_path", sys.flags.isolated):
            # The interpreter has put this file's folder there.
            sys.path[0] = folder
        sys.setrecursionlimit(sys.getrecursionlimit() + _FRAMES_BELOW)
        exec(compile(source, name, "exec", dont_inherit=True), names)
    except SystemExit as end:
        return _status(end.code)
    except BaseException as error:
        return _died(error)
    return 0


def _status(code: object) -> int:
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


def _died(error: BaseException) -> int:
    # Without the call in this file that the program was run by.
    error = error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
    sys.excepthook(type(error), error, error.__traceback__)
    if isinstance(error, KeyboardInterrupt):
        _flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return 1


def _forget(names: dict[str, object]) -> None:
    """Let go of what a program has made, in the order of an interpreter that ends: destructors may have something to say."""
    for hidden in (True, False):
        for name in [
            one
            for one in names
            if one != "__builtins__" and (one.startswith("_") and not one.startswith("__")) is hidden
        ]:
            names[name] = None
    gc.collect()


def _flush() -> bool:
    """Write out what is still held back, and return whether that went well."""
    went_well = True
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except (OSError, ValueError):
            went_well = went_well and stream is not sys.stdout
    return went_well


main()
