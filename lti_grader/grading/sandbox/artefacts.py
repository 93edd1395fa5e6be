"""What a run leaves, as an archive that it writes: taken out of it without believing anything that it says of itself."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

_MOST_BYTES = 64 * 1024 * 1024
_MOST_FILES = 512


def unpacked(archive: bytes) -> dict[str, bytes]:
    """Return the regular files of a TAR archive: name -> content.

    Raises
    ------
    tarfile.TarError
        It is none.
    """
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        for member in packed:
            # Regular files only: a link could point anywhere on this machine.
            if member.isreg() and (content := packed.extractfile(member)):
                files[member.name] = content.read()
    return files


def are_too_much(files: Mapping[str, bytes]) -> bool:
    """Return whether files are more than a program is kept with, or one of them would lie elsewhere."""
    if len(files) > _MOST_FILES or sum(map(len, files.values())) > _MOST_BYTES:
        return True
    return any(name.startswith("/") or ".." in Path(name).parts for name in files)
