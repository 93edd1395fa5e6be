"""What a language's compiler is given ready-made, such as a precompiled header: made once on a machine, for all its slots.

It is made of what stands in the language's file, never of anything a student wrote, and programs see it read-only.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lti_grader.assignments.languages import Language

# What an upgrade of packages touches: headers may have changed where the compiler has not.
_UPGRADES = Path("/var/lib/dpkg/status")
log = logging.getLogger(__name__)


def prepared(language: Language, make: Callable[[], Mapping[str, bytes]], home: Path) -> Path | None:
    """Put what is prepared for `language` into `home`, and return the folder.

    Parameters
    ----------
    make
        Makes it, file by file; it is called where nobody on this machine has done so yet.
    home
        A slot's own folder. The files in it are links, so that many slots need the room once.

    Returns
    -------
    None where another slot is making it just now: a program is compiled without it then, and takes longer.

    Raises
    ------
    OSError
        It cannot be made or kept.
    """
    cache = _cache()
    kept = cache / f"{language.id}-{_key(language)}"
    if not kept.is_dir():
        with _alone(cache / f"{language.id}.lock") as alone:
            if not alone:
                return None
            if not kept.is_dir():
                _make(kept, make())
    folder = home / f"prepared-{language.id}"
    shutil.copytree(kept, folder, copy_function=_link)
    return folder


def _make(kept: Path, files: Mapping[str, bytes]) -> None:
    language = kept.name.rpartition("-")[0]
    for old in kept.parent.glob(f"{language}-*"):
        shutil.rmtree(old)
    half = kept.with_suffix(".half")
    # Of somebody who was killed over it.
    shutil.rmtree(half, ignore_errors=True)
    for name, content in files.items():
        path = half / name
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o444)
    half.rename(kept)
    log.info("prepared for %s: %d MiB", language, sum(map(len, files.values())) >> 20)


def _cache() -> Path:
    folder = Path(tempfile.gettempdir()) / f"lti-grader-prepared-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise OSError(f"{folder} belongs to somebody else: remove it")
    return folder


def _key(language: Language) -> str:
    """Return what changes as soon as what was prepared no longer fits."""
    known: list[object] = [language.file.prepare]
    for path in (*language.tools.values(), str(_UPGRADES)):
        with contextlib.suppress(FileNotFoundError):
            now = Path(path).stat()
            known += [os.path.realpath(path), now.st_size, now.st_mtime_ns]
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bool]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _link(kept: str, place: str) -> None:
    try:
        os.link(kept, place)
    except OSError:
        shutil.copy2(kept, place)
