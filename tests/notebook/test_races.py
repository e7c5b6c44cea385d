"""The problems and the races of notebook 10."""

import numpy as np
import pytest

import hf_lib as hf
from hf_lib.notebook import clinic, races

MAKE = (races.relu_digits, races.digits, races.deep_digits, races.sine, races.units)


@pytest.mark.parametrize("make", MAKE)
def test_a_seed_makes_the_same_problem_and_start_again(make):
    (first, theta, rng), (again, same, _), (_, other, _) = make(3), make(3), make(4)
    np.testing.assert_array_equal(theta, same)
    np.testing.assert_array_equal(first.X, again.X)
    assert not np.array_equal(theta, other) and theta.dtype == first.X.dtype
    assert isinstance(rng, np.random.Generator) and first.value(theta) > 0


def test_a_race_keeps_to_its_budget_and_takes_the_settings_of_each_variant():
    variants = {"three": {"max_cg": 3}, "all": {}}
    result = races.race(races.sine, 40, 2, **variants)
    for name, seeds in result.curves.items():
        assert len(seeds) == 2
        for seed, (cost, loss) in enumerate(seeds):
            problem, theta, _ = races.sine(seed)
            assert cost[0] == 1 and loss[0] == problem.value(theta)
            assert np.all(np.diff(cost) > 0) and cost[-1] <= 40
            steps = list(hf.HessianFree(problem, theta, max_steps=len(cost), **variants[name]))
            np.testing.assert_array_equal(loss[1:], [step.loss for step in steps[:-1]])
            assert steps[-1].cost > 40                                  # the next one would have ended beyond it


def test_a_race_shows_one_line_a_variant():
    curves = {"warm": [(np.array([1.0, 5.0]), np.array([1.0, f])) for f in (0.25, 0.75, 0.5)],
              "cold": [(np.array([1.0, 5.0]), np.array([1.0, 0.5]))]}
    result = races.Race(curves)
    assert result.median("warm") == 0.5 and list(result.ends("warm")) == [0.25, 0.75, 0.5]
    assert repr(result).splitlines() == ["warm             f = 0.5000 (0.2500 to 0.7500) after 1 step",
                                         "cold             f = 0.5000 after 1 step"]


def test_watching_gives_f_on_all_data():
    problem, theta, rng = races.sine(0)
    cost, loss, steps = races.watch(clinic.Transcription(problem, theta, rng, batch=20, max_steps=3), problem)
    assert [s.cost for s in steps] == list(cost)
    assert [problem.value(s.theta) for s in steps] == list(loss)
