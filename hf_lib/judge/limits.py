"""A time limit for a call: an endless loop ends, and the place where it was is known.

The CPU time of the thread counts, so that a right answer does not fail on a busy machine; a generous limit of
the clock on the wall ends what only waits. A single long call into C (``10**10**10``) cannot be interrupted
from inside its own process: `hf_lib.judge.apart` is for that.
"""

import ctypes
import itertools
import signal
import sys
import threading
import time

CPU_SECONDS, WALL_SECONDS = 5.0, 60.0
TICK = 0.1                       # seconds between two looks at the clocks, once the limit may have been reached


class Stopped(BaseException):
    """Raised inside a call that has used up its time. No ``except Exception`` catches it."""

    places = ()                  # (file name, line number) of every frame, the innermost first
    after = ""                   # "5 seconds of computing"


def call_within_limits(function, args):
    """``function(*args)``; raises `Stopped` when it takes longer than `CPU_SECONDS` or `WALL_SECONDS`.

    In the main thread of a POSIX system a timer's signal interrupts the call; elsewhere a second thread does.
    The timer, the handler and the tracing function that were set before are set again afterwards.
    """
    in_main = threading.current_thread() is threading.main_thread()
    limit = (_BySignal if in_main and hasattr(signal, "setitimer") else _ByThread)(CPU_SECONDS, WALL_SECONDS)
    try:
        limit.begin()
        try:
            limit.is_running = True
            return function(*args)
        finally:
            limit.is_running = False
            limit.end()
    except Stopped as stopped:
        stopped.places, stopped.after = limit.places, limit.after
        raise


class _Limit:
    """What both ways share: the two clocks, and the places of the first interruption."""

    def __init__(self, cpu, wall):
        self.cpu, self.wall = cpu, wall
        self.places, self.after = (), ""
        self.is_running = False                         # outside, nothing is interrupted
        self.times = 0                                  # how often the call was interrupted
        self.began = time.monotonic()
        self.first_look = min(cpu, wall)                # a thread's CPU time is never ahead of the wall's

    def interrupt(self, frame):
        """Note where the call is; the first time only, since later it may be in an ``except``."""
        self.times += 1
        if self.places:
            return
        while frame is not None and frame.f_code.co_filename != __file__:
            self.places += ((frame.f_code.co_filename, frame.f_lineno),)
            frame = frame.f_back

    def is_over(self, cpu_used):
        waited = time.monotonic() - self.began
        if not self.after and cpu_used >= self.cpu:
            self.after = f"{self.cpu:g} seconds of computing"
        elif not self.after and waited >= self.wall:
            self.after = f"{self.wall:g} seconds of waiting"
        return self.after != ""


class _BySignal(_Limit):
    """The main thread is interrupted by a timer's signal, again and again until the call has ended."""

    def begin(self):
        self.cpu_at_start = time.thread_time()
        self.tracer = sys.gettrace()
        self.handler = signal.signal(signal.SIGALRM, self.on_signal)
        self.timer = signal.setitimer(signal.ITIMER_REAL, self.first_look, TICK)

    def end(self):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if self.handler is None else self.handler)
        if self.times:
            sys.settrace(self.tracer)
        left, interval = self.timer
        if left:                                        # somebody else's timer ran: it has lost this time
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - self.began), 1e-3), interval)

    def on_signal(self, number, frame):
        if not (self.is_running and self.is_over(time.thread_time() - self.cpu_at_start)):
            return
        self.interrupt(frame)
        if self.times == 1:
            raise Stopped
        self.insist(frame)

    def insist(self, frame):
        """Raise at one of the next lines, each time another: ``try: … except: pass`` does not protect all its lines."""
        lines = itertools.count(1)

        def tracer(inner, event, argument):
            if event == "line" and inner.f_code.co_filename != __file__ and next(lines) >= self.times:
                raise Stopped
            return tracer

        while frame is not None and frame.f_code.co_filename != __file__:
            frame.f_trace = tracer
            frame = frame.f_back
        sys.settrace(tracer)


class _ByThread(_Limit):
    """A second thread looks at the clocks, and has `Stopped` raised in the first one."""

    def begin(self):
        self.thread = threading.get_ident()
        self.ended = threading.Event()
        self.cpu_at_start = self.cpu_time()
        self.watchdog = threading.Thread(target=self.look, daemon=True)
        try:
            self.watchdog.start()
        except RuntimeError:                            # a browser's Python has no threads: no limit, then
            self.watchdog = None

    def end(self):
        while True:
            try:
                self.ended.set()
                if self.watchdog:
                    self.watchdog.join()
                for _ in range(10):
                    pass                                # what was asked for and has not come yet comes here
                return
            except Stopped:
                continue

    def look(self):
        pause = self.first_look
        while not self.ended.wait(pause):
            pause = TICK
            frame = sys._current_frames().get(self.thread)
            if frame is not None and self.is_running and self.is_over(self.cpu_time() - self.cpu_at_start):
                self.interrupt(frame)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), ctypes.py_object(Stopped))

    def cpu_time(self):
        """That of the judged thread; of the process, where a thread's cannot be read from outside."""
        if not hasattr(time, "pthread_getcpuclockid"):
            return time.process_time()
        return time.clock_gettime(time.pthread_getcpuclockid(self.thread))
