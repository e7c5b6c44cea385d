"""One JupyterLab for all browser tests, and Notebook 7 where that is installed; nothing on this machine can colour it.

It listens on 127.0.0.1 on a free port, asks for a token, and keeps settings, data and
runtime files in a folder of its own; its kernel is the running Python. Notebooks are
copied into that folder, so nothing that a browser does can reach the course's files.
"""
from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START = 300  # seconds after which no answer is expected

SETTINGS = {
    # Every cell in the page at once: otherwise those out of sight are not there to be looked at.
    "notebook-extension/tracker": {"windowingMode": "contentVisibility", "scrollPastEnd": False},
    "docmanager-extension/plugin": {"autosave": False},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


class Lab:
    """A running server.

    Attributes
    ----------
    url : str
        Where it listens, with a slash at the end.
    root : Path
        The folder that it shows: notebooks to be opened are copied here.
    """

    def __init__(self, folder: Path):
        self.root, self.token = folder / "root", secrets.token_hex()
        self._folder, self._log = folder, folder / "server.log"
        self.root.mkdir(parents=True)
        self._write("data/kernels/python3/kernel.json", {
            "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": "Python 3 (ipykernel)", "language": "python"})
        for name, values in SETTINGS.items():
            self._write(f"settings/@jupyterlab/{name}.jupyterlab-settings", values)
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root",
                   f"--ServerApp.root_dir={self.root}", f"--IdentityProvider.token={self.token}",
                   "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"]
        if find_spec("notebook"):
            command += ["--ServerApp.jpserver_extensions=notebook=True",       # at notebooks/…, beside JupyterLab
                        "--JupyterNotebookApp.expose_app_in_browser=True"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, env=self._environment(), cwd=self.root,
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.url = self._answering()

    def _write(self, name: str, content: dict) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        foreign = ("JUPYTER", "IPYTHON", "HF_LIB")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        own = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
               "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
               "IPYTHONDIR": "ipython"}
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        return kept | one_thread | {name: str(self._folder / place) for name, place in own.items()} | {
            "JUPYTER_PREFER_ENV_PATH": "0",  # the kernel written above, before any that is installed
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}

    def _answering(self) -> str:
        """Wait until the server answers; return its address."""
        end = time.monotonic() + START
        while time.monotonic() < end and self._process.poll() is None:
            for note in (self._folder / "runtime").glob("jpserver-*.json"):
                try:
                    port = json.loads(note.read_text(encoding="utf-8"))["port"]
                    self.url = f"http://127.0.0.1:{port}/"
                    self._ask("api/status")
                    return self.url
                except (OSError, ValueError):  # not written to its end, or not listening yet
                    pass
            time.sleep(0.1)
        self._process.kill()
        raise RuntimeError(f"JupyterLab did not answer within {START} s. Its last words:\n"
                           + self._log.read_text(encoding="utf-8", errors="replace")[-2000:])

    def _ask(self, path: str, method: str = "GET") -> object:
        request = urllib.request.Request(self.url + path, method=method,
                                         headers={"Authorization": f"token {self.token}"})
        with urllib.request.urlopen(request, timeout=START) as answer:
            return json.loads(answer.read() or "null")

    def add(self, path: Path) -> str:
        """Copy a notebook into the server's folder; return its name there."""
        shutil.copyfile(path, self.root / path.name)
        return path.name

    def end_kernels(self) -> None:
        """Stop what the last notebook left running, so that it costs the next no time."""
        for session in self._ask("api/sessions"):
            self._ask(f"api/sessions/{session['id']}", "DELETE")

    def stop(self) -> None:
        """Ask the server to end its kernels and itself; insist after ten seconds."""
        try:
            self._ask("api/shutdown", "POST")
            self._process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
