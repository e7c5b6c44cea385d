"""Files that are never half written: replaced in one go, set aside before they are lost, one writer at a time."""

import os
import shutil
import threading
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

try:
    import fcntl
except ImportError:                                        # Windows
    fcntl = None
    import msvcrt

PAUSE = 0.05                                               # seconds
TRIES = 20 if os.name == "nt" else 1                       # Windows refuses, for a while, what another program has open


def replace(path, text):
    """Write a text file so that at every moment either the old or the new one stands there, whole.

    Raises
    ------
    OSError
        Where the folder cannot be written to, the disk is full, or the file stays open in another program
        (Windows). The old file is then as it was.
    """
    path = Path(os.path.realpath(path))
    try:
        content = text.encode()
    except UnicodeEncodeError as error:                    # half a surrogate pair: only an escape can hold it
        raise OSError(f"{path.name} would hold a character that UTF-8 has not") from error
    name = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with open(name, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, name)
        _patiently(os.replace, name, path)
    except BaseException:
        name.unlink(missing_ok=True)
        raise


def copy_aside(path, folder):
    """Copy a file into a folder, under a name with the time that is not taken yet; return where it is."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{path.stem}_{datetime.now():%Y-%m-%d_%H%M%S}"
    for number in range(1, 1000):
        copy = folder / f"{stem}{f'-{number}' if number > 1 else ''}{path.suffix}"
        try:
            with open(copy, "xb") as file, open(path, "rb") as original:
                shutil.copyfileobj(original, file)
        except FileExistsError:
            continue
        return copy
    raise OSError(f"{folder} holds a thousand copies of {path.name} of this second")


@contextmanager
def locked(path, seconds=5.0):
    """Let one process at a time into the block; the lock is the system's, so it ends with its process.

    Raises
    ------
    TimeoutError
        Where another process keeps it for longer than ``seconds``.
    """
    with open(path, "ab") as file:
        end = time.monotonic() + seconds
        while not _take(file):
            if time.monotonic() > end:
                raise TimeoutError(f"another program keeps {Path(path).name} for more than {seconds:g} s")
            time.sleep(PAUSE)
        try:
            yield
        finally:
            _give_back(file)


def _take(file):
    try:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except (BlockingIOError, PermissionError):             # taken by somebody else
        return False
    except OSError:                                        # a file system without locks: go on without
        return fcntl is not None
    return True


def _give_back(file):
    try:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_UN)
        else:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    except OSError:                                        # closing the file gives it back as well
        pass


def _patiently(do, *arguments):
    for attempt in range(TRIES):
        try:
            return do(*arguments)
        except PermissionError:
            if attempt == TRIES - 1:
                raise
            time.sleep(PAUSE)
