"""What every optimiser shares: the iterator, mini-batches, the units of cost."""
import time

import numpy as np
import pytest

import hf_lib as hf
from hf_lib.optimisers.loop import GGN, GRADIENT, HESSIAN, REVERSE, VALUE, Batches, Optimiser, value_and_gradient


class Countdown(Optimiser):
    """Each step adds one to θ; the third overflows, and nothing comes after the fifth."""

    def _step(self):
        if self.index == 5:
            self.reason = "run out"
            return None
        np.float64(1e308) * (1e308 if self.index == 2 else 1.0)   # no warning: warnings are errors here
        time.sleep(0.002)
        self.index += 1
        self.theta = self.theta + 1
        self.cost += 1
        return hf.Step(self.index, self.theta, 0.0, 1.0, 0.0, self.cost)


def rows(n=10):
    """A problem whose example n is the number n."""
    X = np.arange(float(n))[:, None]
    return hf.Problem(hf.MLP([1, 1]), hf.SquaredError(), X, X)


def test_records_come_in_order_and_stay_as_they_are():
    theta = np.zeros(2)
    optimiser = Countdown(None, theta, 3)
    records = []
    for step in optimiser:
        time.sleep(0.01)                                       # the caller's own time is left out
        records.append(step)
    assert [step.index for step in records] == [1, 2, 3]
    assert [step.theta.tolist() for step in records] == [[1, 1], [2, 2], [3, 3]]
    assert theta.tolist() == [0, 0]
    seconds = [step.seconds for step in records]
    assert 0 < seconds[0] < seconds[1] < seconds[2] == optimiser.seconds


def test_the_callers_time_is_left_out():
    optimiser, start = Countdown(None, np.zeros(1), 3), time.perf_counter()
    for _ in optimiser:
        time.sleep(0.05)
    assert time.perf_counter() - start - optimiser.seconds >= 0.14


def test_why_it_ended():
    limited = Countdown(None, np.zeros(1), 2)
    assert limited.reason is None
    assert len(list(limited)) == 2 and limited.reason == "step limit"
    assert next(limited, "nothing") == "nothing"
    own = Countdown(None, np.zeros(1), None)
    assert len(list(own)) == 5 and own.reason == "run out"
    assert list(Countdown(None, np.zeros(1), 0)) == []


def test_theta_is_copied():
    theta = np.zeros(1)
    optimiser = Countdown(None, theta, 1)
    theta += 5
    assert next(optimiser).theta.tolist() == [1.0]


def test_it_can_be_broken_off_and_gone_on_with():
    optimiser = Countdown(None, np.zeros(1), 4)
    assert [next(optimiser).index, next(optimiser).index] == [1, 2]
    assert [step.index for step in optimiser] == [3, 4]


@pytest.mark.parametrize("theta, max_steps, error, words", [
    ([0.0], None, TypeError, "theta must be a numpy array, got list"),
    (np.zeros(2, int), None, TypeError, "theta has dtype int"),
    (np.zeros((2, 1)), None, ValueError, r"theta has shape \(2, 1\)"),
    (np.array([0.0, np.nan]), None, ValueError, "theta holds NaN"),
    (np.zeros(2), -1, ValueError, "max_steps is -1"),
    (np.zeros(2), 2.0, TypeError, "max_steps must be a whole number"),
])
def test_bad_arguments_are_named(theta, max_steps, error, words):
    with pytest.raises(error, match=words):
        Countdown(None, theta, max_steps)


# --- mini-batches

def test_an_epoch_has_every_example_once():
    batches = Batches(rows(10), 5, np.random.default_rng(0), "batch")
    epochs = [[batches.draw().X.ravel() for _ in range(2)] for _ in range(3)]
    for epoch in epochs:
        assert sorted(np.concatenate(epoch)) == list(range(10))
    orders = {tuple(np.concatenate(epoch)) for epoch in epochs}
    assert len(orders) == 3                                    # shuffled anew


def test_a_rest_too_small_for_a_batch_is_left_out():
    batches = Batches(rows(10), 4, np.random.default_rng(0), "batch")
    for _ in range(5):
        both = np.concatenate([batches.draw().X.ravel() for _ in range(2)])
        assert len(set(both)) == 8
    assert batches.share == 0.4


def test_without_a_size_it_is_the_problem_itself():
    problem = rows()
    batches = Batches(problem, None, None, "batch")
    assert batches.draw() is problem and batches.share == 1.0


@pytest.mark.parametrize("size, rng, error, words", [
    (11, np.random.default_rng(0), ValueError, "batch is 11, expected at least 1 and at most 10"),
    (0, np.random.default_rng(0), ValueError, "batch is 0"),
    (2.5, np.random.default_rng(0), TypeError, "batch must be a whole number"),
    (2, None, TypeError, "rng must be a numpy.random.Generator"),
    (2, np.random.RandomState(0), TypeError, "rng must be a numpy.random.Generator"),
    (2, 0, TypeError, "rng must be .* got int"),
])
def test_bad_batches_are_named(size, rng, error, words):
    with pytest.raises(error, match=words):
        Batches(rows(10), size, rng, "batch")


# --- cost

def test_the_units_of_cost_add_up():
    assert VALUE + REVERSE == GRADIENT == 1.0                  # a forward pass and its reverse
    assert GGN == 2 * REVERSE                                  # f1 costs what r1 costs: two products a layer
    assert HESSIAN == 2 * GRADIENT


def test_value_and_gradient_with_and_without_the_short_way():
    problem, theta = rows(), np.array([0.5, 1.0])

    class TwoCalls:
        value, gradient = problem.value, problem.gradient
    f, g = value_and_gradient(problem, theta)
    f2, g2 = value_and_gradient(TwoCalls, theta)
    assert f == f2 == problem.value(theta)
    np.testing.assert_array_equal(g, g2)
