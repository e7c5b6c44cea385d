"""Files replaced in one go: whole before, whole after, and patient where Windows refuses for a while."""

import os
import stat

import pytest

from hf_lib.judge import files


def refuses(times, monkeypatch):
    """Let `os.replace` fail as on Windows, where another program has the file open, that many times."""
    replace, calls = os.replace, []

    def stand_in(*arguments):
        calls.append(arguments)
        if len(calls) <= times:
            raise PermissionError(13, "The process cannot access the file")
        replace(*arguments)
    monkeypatch.setattr(os, "replace", stand_in)
    monkeypatch.setattr(files, "PAUSE", 0)
    monkeypatch.setattr(files, "TRIES", 3)


@pytest.mark.parametrize("text", ["", "λ\n", "a\r\nb\n"])
def test_the_text_is_written_as_it_is(tmp_path, text):
    files.replace(tmp_path / "a.txt", text)
    assert (tmp_path / "a.txt").read_bytes() == text.encode() and len(list(tmp_path.iterdir())) == 1


def test_it_waits_while_another_program_has_the_file_open(tmp_path, monkeypatch):
    refuses(2, monkeypatch)
    files.replace(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text("utf-8") == "new"


def test_it_gives_up_and_leaves_the_old_one_whole(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("old", "utf-8")
    refuses(9, monkeypatch)
    with pytest.raises(PermissionError):
        files.replace(tmp_path / "a.txt", "new")
    assert [(path.name, path.read_text("utf-8")) for path in tmp_path.iterdir()] == [("a.txt", "old")]


def test_what_utf_8_cannot_hold_is_an_error_of_the_file(tmp_path):
    with pytest.raises(OSError, match="UTF-8"):
        files.replace(tmp_path / "a.txt", "\ud800")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_who_may_read_it_stays_so(tmp_path):
    (tmp_path / "plain").write_text("", "utf-8")
    files.replace(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode
    (tmp_path / "a.txt").chmod(0o640)
    files.replace(tmp_path / "a.txt", "newer")
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="Windows asks for a right to make links")
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.txt").write_text("old", "utf-8")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    files.replace(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "real.txt").read_text("utf-8") == "new"


def test_copies_aside_never_take_a_name_that_is_taken(tmp_path):
    (tmp_path / "a.ipynb").write_text("x", "utf-8")
    names = {files.copy_aside(tmp_path / "a.ipynb", tmp_path / "kept").name for _ in range(4)}
    assert len(names) == 4 and all(name.startswith("a_") and name.endswith(".ipynb") for name in names)
    assert not any(sign in name for name in names for sign in ':*?"<>|')


def test_a_lock_lets_one_in_at_a_time(tmp_path):
    with files.locked(tmp_path / "lock"):
        with pytest.raises(TimeoutError), files.locked(tmp_path / "lock", seconds=0):
            pass
    with files.locked(tmp_path / "lock", seconds=0):
        pass
