"""The reader's function is watched, whatever profiler runs already, and that one runs on."""

import cProfile
import pstats
import sys

import pytest

from hf_lib.judge.calls import call


def helper(x):
    return x


def watched_call():
    return tuple(call(lambda x: helper(x), (1,), watched=(helper,)).calls)


def test_under_the_profiler_of_prun():
    profiler = cProfile.Profile()
    seen = profiler.runcall(lambda: (watched_call(), sorted([2, 1])))
    assert seen[0] == ("helper",) and sys.getprofile() is None
    names = [name for _, _, name in pstats.Stats(profiler).stats]
    assert any("sorted" in name for name in names)               # what comes after the check is profiled too


def test_under_a_profiler_written_in_python():
    events = []
    hook = lambda *event: events.append(event)
    sys.setprofile(hook)
    try:
        seen, after = watched_call(), sys.getprofile()
    finally:
        sys.setprofile(None)
    assert seen == ("helper",) and after is hook


def test_the_hook_is_put_back_after_an_interrupt():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(interrupted, (), watched=(helper,))
    assert sys.getprofile() is None
