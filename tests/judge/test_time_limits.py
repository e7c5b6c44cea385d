"""An answer that does not end is stopped, wherever it runs, and what was set before is set again."""

import signal
import sys
import threading
import time

import pytest
from own_exercises import FUNCTION

from hf_lib.exercises import FunctionExercise
from hf_lib.judge import limits
from hf_lib.judge.limits import Stopped, call_within_limits

with_signals = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers with signals")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """What is tested is that the end comes, not when: the limits may be short."""
    monkeypatch.setattr(limits, "CPU_SECONDS", 0.1)


def spins():
    while True:
        pass


def catches_errors():
    while True:
        try:
            spins()
        except Exception:
            pass


def catches_everything():
    while True:
        try:
            len([1])
        except:  # noqa: E722  as it is written everywhere
            pass


def catches_everything_in_a_function():
    def careful():
        try:
            return sum(range(10))
        except BaseException:
            return 0

    while True:
        careful()


def in_a_thread(function):
    """Run it there; return what it gave or raised."""
    given = []

    def run():
        try:
            given.append(function())
        except BaseException as error:
            given.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return given[0]


@with_signals
@pytest.mark.parametrize("endless", [spins, catches_errors, catches_everything, catches_everything_in_a_function],
                         ids=lambda f: f.__name__)
def test_an_endless_loop_is_stopped_in_the_main_thread(endless):
    with pytest.raises(Stopped) as caught:
        call_within_limits(endless, ())
    assert caught.value.places[0][0] == __file__ and caught.value.after == "0.1 seconds of computing"
    assert sys.gettrace() is None or "coverage" in repr(sys.gettrace())


@pytest.mark.parametrize("endless", [spins, catches_errors], ids=lambda f: f.__name__)
def test_an_endless_loop_is_stopped_in_another_thread(endless):
    stopped = in_a_thread(lambda: call_within_limits(endless, ()))
    assert isinstance(stopped, Stopped) and stopped.places[0][0] == __file__


def test_in_the_main_thread_of_a_system_without_timers(monkeypatch):
    monkeypatch.delattr(signal, "setitimer", raising=False)
    with pytest.raises(Stopped):
        call_within_limits(spins, ())
    assert call_within_limits(len, ("abc",)) == 3


def test_where_there_are_no_threads_there_is_no_limit(monkeypatch):
    def refuses(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.delattr(signal, "setitimer", raising=False)
    monkeypatch.setattr(threading.Thread, "start", refuses)
    assert call_within_limits(len, ("abc",)) == 3


@with_signals
def test_who_only_waits_is_stopped_by_the_clock_on_the_wall(monkeypatch):
    monkeypatch.setattr(limits, "CPU_SECONDS", 1e6)
    monkeypatch.setattr(limits, "WALL_SECONDS", 0.1)
    with pytest.raises(Stopped) as caught:
        call_within_limits(time.sleep, (1e6,))
    assert caught.value.after == "0.1 seconds of waiting"


def test_waiting_is_not_computing():
    """A busy machine takes its time: the limit of the CPU's time does not stop what has not used it."""
    call_within_limits(time.sleep, (0.4,))
    assert in_a_thread(lambda: call_within_limits(time.sleep, (0.4,))) is None


@with_signals
def test_somebody_elses_alarm_rings_afterwards():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        call_within_limits(time.sleep, (0.2,))
        while not rung:
            time.sleep(0.01)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_the_verdict_names_the_line():
    def never(J, h, v):
        length = 0.1
        while length != 0.3:
            length = length + 0.1
        return v

    verdict = FunctionExercise(**FUNCTION).check(never)
    assert verdict.diagnosis == "does not end" and "0.1 seconds of computing" in verdict.message
    assert verdict.details[0] in {f"it was at the line `{line}`" for line in
                                  ("while length != 0.3:", "length = length + 0.1")}
    assert verdict.details[1].startswith("case 1 of 4: `product(")


def test_questions_beside_the_cases_end_too():
    """A wrong answer that ends in the cases, and not where an argument is changed to learn more about it."""
    exercise = FunctionExercise(**FUNCTION)
    known = {J[0, 0] for J, _, _ in exercise.fresh_cases()}

    def picky(J, h, v):
        while J[0, 0] not in known:
            pass
        return J.T @ (h * (J @ v)) / len(J) + 0.1 * v

    assert exercise.check(picky).diagnosis == "wrong values"
