"""A kernel and a client for one notebook that miss nothing and leave nothing behind.

This is nbclient's `NotebookClient`, which plays the part of the front end (it even keeps
the Output widgets), with four differences:

1. The shell channel is polled in short slices. nbclient waits on it in one go while it
   sends on it for an Output widget, can lose the wake-up, and then sits out the cell's
   whole time although the cell has long finished.
2. What a cell sends after it has finished (a picture drawn by a task, an error from a
   callback) still counts, and counts for that cell; nbclient drops it.
3. Cells are timed by the kernel's own time stamps, and the time for which the kernel
   stood ready but had to wait for a core is known where the system tells it (Linux).
4. The kernel is the ipykernel of the running Python, in a configuration of its own.
"""
from __future__ import annotations

import logging
import os
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbformat import NotebookNode

SLICE = 0.5  # seconds
# One thread a kernel: two threads that share a core with other programs wait for each other at every
# matrix product, and a cell of ten seconds takes minutes.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
                    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS")

QUIET = logging.getLogger("course.notebooks")
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False


class CourseClient(NotebookClient):
    """Runs the cells of one notebook; use as `async with CourseClient(...)`."""

    def __init__(self, notebook: NotebookNode, folder: Path, **traits: Any) -> None:
        # No kernel folders: then "python3" can only mean the Python that runs this.
        specs = KernelSpecManager(kernel_dirs=[])
        manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
        super().__init__(notebook, km=manager, log=QUIET, record_timing=False, coalesce_streams=True,
                         skip_cells_with_tag="", iopub_timeout=600, startup_timeout=600,
                         resources={"metadata": {"path": str(folder)}},
                         extra_arguments=["--IPKernelApp.log_level=ERROR"], **traits)
        self.current: int | None = None  # the index of the cell that is running
        self.cell_of: dict[str, int] = {}  # message id -> index of the cell that it belongs to
        self.creator: dict[str, int] = {}  # widget's comm id -> index of the cell that made it
        self.began: datetime | None = None
        self.wall: dict[int, float] = defaultdict(float)  # index -> seconds

    async def __aenter__(self) -> CourseClient:
        self.home = TemporaryDirectory(prefix="course-ipython-", ignore_cleanup_errors=True)
        environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1"),
                       "IPYTHONDIR": self.home.name,  # no start-up files of the user
                       "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        environment.pop("MPLBACKEND", None)  # the kernel chooses its inline pictures
        environment.pop("HF_MY_COURSE", None)  # a tool's answers are not the reader's
        try:
            await self.async_start_new_kernel(env=environment)
            await self.async_start_new_kernel_client()
        except BaseException:
            await self.__aexit__()
            raise
        self._in_slices(self.kc.shell_channel)
        self._watched(self.kc.iopub_channel)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.kc is not None:
            self.kc.stop_channels()
        if self.km.has_kernel:
            await self.km.shutdown_kernel(now=True)
        self.home.cleanup()

    def _in_slices(self, channel: Any) -> None:
        receive = channel.get_msg

        async def get_msg(timeout: float | None = None) -> dict:
            deadline = float("inf") if timeout is None else monotonic() + timeout
            while True:
                left = deadline - monotonic()
                try:
                    return await receive(timeout=max(0, min(SLICE, left)))
                except Empty:
                    if left <= SLICE:
                        raise

        channel.get_msg = get_msg

    def _watched(self, channel: Any) -> None:
        receive = channel.get_msg

        async def get_msg(timeout: float | None = None) -> dict:
            message = await receive(timeout=timeout)
            self._note(message)
            return message

        channel.get_msg = get_msg

    def _note(self, message: dict) -> None:
        """Keep the books: who owns a message, how long a cell ran, what came late."""
        kind, parent = message["msg_type"], message["parent_header"].get("msg_id")
        if kind == "execute_input":
            self.cell_of[parent] = self.current
            self.began = message["header"]["date"]
            return
        owner = self.cell_of.get(parent)
        if owner is None:
            return
        if kind == "comm_open":
            self.creator[message["content"]["comm_id"]] = owner
        if kind == "status":
            if owner == self.current and message["content"]["execution_state"] == "idle":
                self.wall[owner] = (message["header"]["date"] - self.began).total_seconds()
        elif owner != self.current:  # too late for nbclient
            self.process_message(message, self.nb.cells[owner], owner)

    async def settle(self, quiet: float, until_idle: str | None = None, timeout: float = 30.0) -> bool:
        """Take in messages till none came for `quiet` seconds.

        With `until_idle`, the id of a message sent to the kernel, first till that has been
        dealt with. Returns whether it was, within `timeout` seconds.
        """
        deadline = monotonic() + timeout
        waiting = until_idle is not None
        while monotonic() < deadline:
            try:
                message = await self.kc.iopub_channel.get_msg(timeout=SLICE if waiting else quiet)
            except Empty:
                if not waiting:
                    return True
                continue
            if message["msg_type"] == "status" and message["parent_header"].get("msg_id") == until_idle \
                    and message["content"]["execution_state"] == "idle":
                waiting = False
        return False

    def waited_for_core(self) -> float:
        """Seconds for which the kernel's main thread was ready to run but had no core.

        Linux only (0.0 elsewhere): the second field of /proc/<pid>/schedstat.
        """
        try:
            pid = self.km.provisioner.pid
            return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) * 1e-9
        except (OSError, IndexError, ValueError):
            return 0.0
