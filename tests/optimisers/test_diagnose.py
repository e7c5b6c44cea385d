"""The failure clinic: each sick run is named, and healthy runs of many kinds get no finding."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import hf_lib as hf
from hf_lib.notebook import clinic
from hf_lib.notebook.clinic import Transcription, digits, sine


def names(steps, reason=None):
    return [finding.sickness for finding in hf.diagnose(steps, reason)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", clinic.SICK)
def test_each_sickness_is_named_and_no_other(name, seed):
    steps, reason = clinic.sick(name, np.random.default_rng(seed))
    found = hf.diagnose(steps, reason)
    assert [finding.sickness for finding in found] == [name]
    assert found[0].evidence and found[0].cure


# --- healthy runs: a loop for a generator

def noisy_relu_sine(rng):
    data, net = hf.datasets.sine("slides", rng, n=500), hf.MLP([1, 15, 15, 1], "relu")
    problem = hf.Problem(net, hf.SquaredError(), data.X, data.Y)
    return hf.HessianFree(problem, net.init(rng), damping=1.0, max_steps=30)


def weight_decay(rng):
    p, theta = digits(rng)
    return hf.HessianFree(hf.Problem(p.net, p.loss, p.X, p.Y, l2=1e-3), theta, damping=1.0, max_steps=25)


def autoencoder(rng, damping=45.0, hidden=(60, 12, 60)):
    X = hf.datasets.mnist(side=14).X_train[:300]
    net = hf.MLP([196, *hidden, 196])
    problem = hf.Problem(net, hf.SigmoidCrossEntropy(), X, X)
    return hf.HessianFree(problem, net.init(rng, dtype=np.float32), damping=damping, max_steps=20)


def linear_to_the_end(rng):
    X, net = rng.standard_normal((100, 8)), hf.MLP([8, 2])
    Y = X[:, :2] + 0.1 * rng.standard_normal((100, 2))
    return hf.HessianFree(hf.Problem(net, hf.SquaredError(), X, Y), net.init(rng), max_steps=40)


def sparse_deep(rng):
    problem, _ = digits(rng, n=300, hidden=(40, 30, 20, 20))
    return hf.HessianFree(problem, problem.net.init(rng, scheme="sparse", dtype=np.float32), max_steps=25)


HEALTHY = {
    "sine": lambda rng: hf.HessianFree(*sine(rng), damping=1.0, max_steps=40),
    "sine, small λ": lambda rng: hf.HessianFree(*sine(rng), damping=1e-5, max_steps=40),
    "sine, fixed λ": lambda rng: hf.HessianFree(*sine(rng), damping=0.1, damping_factor=1.0, max_steps=30),
    "sine, plain transcription": lambda rng: Transcription(*sine(rng), max_steps=40),
    "sine, source2022": lambda rng: hf.HessianFree(*sine(rng), preset="source2022", max_steps=60),
    "noisy sine, relu": noisy_relu_sine,
    "linear, to the end": linear_to_the_end,
    "deep tanh": lambda rng: hf.HessianFree(*digits(rng, n=300, hidden=(40, 30, 20, 20, 20)), damping=1.0,
                                            max_steps=30),
    "digits": lambda rng: hf.HessianFree(*digits(rng), compare_plain=True, max_steps=25),
    "digits, relu": lambda rng: hf.HessianFree(*digits(rng, activation="relu"), damping=0.1, max_steps=25),
    "digits, relu, compared": lambda rng: hf.HessianFree(*digits(rng, activation="relu"), damping=0.1,
                                                         compare_plain=True, max_steps=15),
    "digits, plain CG": lambda rng: hf.HessianFree(*digits(rng), preconditioner=None, damping=1.0, max_steps=25),
    "digits, weight decay": weight_decay,
    "digits, quarter for G": lambda rng: hf.HessianFree(*digits(rng, n=2000), rng, curvature_batch=500, damping=1.0,
                                                        max_steps=20),
    "digits, stochastic": lambda rng: hf.HessianFree(*digits(rng, n=5000, hidden=(60,)), rng, preset="stochastic",
                                                     max_steps=40),
    "small batches, relu": lambda rng: hf.HessianFree(*digits(rng, n=4000, activation="relu"), rng,
                                                      preset="stochastic", gradient_batch=400, curvature_batch=100,
                                                      max_steps=60),
    "autoencoder": autoencoder,
    "deep autoencoder, small λ": lambda rng: autoencoder(rng, 0.01, (60, 30, 8, 30, 60)),
    "sparse start": sparse_deep,
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_runs_get_no_finding(name, seed):
    loop = HEALTHY[name](np.random.default_rng(seed))
    steps = list(loop)
    assert steps[-1].loss < 0.99 * steps[0].before              # they do learn
    assert names(steps, loop.reason) == []


# --- its own rules

def test_the_bound_of_the_wrong_sign_on_an_exact_model():
    """−φ ≤ promise ≤ 2·(−φ) for the right sign, 2 to 3 for the wrong one, at any λ."""
    for damping in (1e-4, 1.0, 100.0):
        problem, theta = sine(np.random.default_rng(0))
        right = next(Transcription(problem, theta, damping=damping, max_cg=500))
        wrong = next(clinic.WrongSign(problem, theta, damping=damping, max_cg=500))
        assert 1 - 1e-9 <= right.predicted / -right.cg.phi[-1] <= 2 + 1e-9
        assert 2 - 1e-9 <= wrong.predicted / -wrong.cg.phi[-1] <= 3 + 1e-9


def test_no_steps_and_few_steps():
    assert hf.diagnose([]) == () == hf.diagnose((), "step limit")
    assert names([], "loss or gradient is not finite before step 1") == ["overflow"]
    steps, reason = clinic.sick("wrong sign", np.random.default_rng(0))
    assert names(steps[:7], reason) == []


def test_loss_that_is_not_finite_along_the_steps():
    loop = hf.HessianFree(*sine(np.random.default_rng(0)), max_steps=10)
    steps = [replace(step, rho=-np.inf) for step in loop]
    assert names(steps) == ["overflow"]


def test_records_of_another_kind_will_do():
    cg = SimpleNamespace(phi=np.array([0.0, -1.0]))
    step = dict(theta=np.zeros(3), loss=1.0, before=2.0, predicted=2.5, rho=0.4, damping=1.0, cg=cg, chosen=1,
                dead=float("nan"), curvature_share=1.0, plain_iterations=None)
    assert names([SimpleNamespace(**step)] * 8) == ["wrong sign"]
    assert names([SimpleNamespace(**{**step, "predicted": 1.5})] * 8) == []


def test_a_fixed_damping_that_is_far_too_large_is_stuck():
    problem, theta = sine(np.random.default_rng(0))
    idle = list(hf.HessianFree(problem, theta, damping=1e4, damping_factor=1.0, max_steps=20))
    (finding,) = hf.diagnose(idle)
    assert finding.sickness == "stuck damping" and "λ did not fall" in finding.evidence
    free = list(hf.HessianFree(problem, theta, damping=1e4, max_steps=60))
    assert hf.diagnose(free) == () and free[-1].loss < 0.01 * idle[-1].loss


@pytest.mark.parametrize("make", (sine, digits))
def test_a_floor_that_is_far_too_high_is_stuck_though_the_first_step_was_a_good_one(make):
    problem, theta = make(np.random.default_rng(0))
    idle = list(hf.HessianFree(problem, theta, damping=1.0, damping_floor=1e4, max_steps=20))
    assert idle[0].loss < 0.9 * idle[0].before
    (finding,) = hf.diagnose(idle)
    assert finding.sickness == "stuck damping" and "damping_floor" in finding.cure
    free = list(hf.HessianFree(problem, theta, damping=1.0, max_steps=20))
    assert hf.diagnose(free) == () and free[-1].loss < 0.1 * idle[-1].loss


def wide_sine(rng, curvature_batch):
    X = rng.uniform(-1, 1, (400, 1))
    net = hf.MLP([1, 15, 15, 1])
    return hf.HessianFree(hf.Problem(net, hf.SquaredError(), X, np.sin(6 * X)), net.init(rng), rng, damping=1.0,
                          curvature_batch=curvature_batch, max_steps=40)


@pytest.mark.parametrize("seed", (3, 6, 7))
def test_curvature_from_four_examples_is_named_and_from_a_tenth_or_a_quarter_is_not(seed):
    """λ holds ρ's median up; its sign tells."""
    (finding,) = hf.diagnose(list(wide_sine(np.random.default_rng(seed), 4)))
    assert finding.sickness == "small curvature batch" and "ρ < 0 in" in finding.evidence
    for batch in (40, 100):
        assert hf.diagnose(list(wide_sine(np.random.default_rng(seed), batch))) == ()


def test_inputs_far_out_of_scale_kill_tanh_units_and_the_cure_says_so():
    problem, theta = digits(np.random.default_rng(0))
    far = hf.Problem(problem.net, problem.loss, problem.X * np.float32(1e5), problem.Y)
    (finding,) = hf.diagnose(list(hf.HessianFree(far, theta, max_steps=15)))
    assert finding.sickness == "dead units" and "scale the inputs" in finding.cure


def test_bad_arguments_are_named():
    with pytest.raises(TypeError, match="reason must be a text or None, got int"):
        hf.diagnose([], 3)
    with pytest.raises(ValueError, match="name is 'flu', expected one of 'overflow'"):
        clinic.sick("flu", np.random.default_rng(0))
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator"):
        clinic.sick("overflow", 0)


# --- the plain transcription

def test_the_transcription_takes_the_damped_step():
    problem, theta = sine(np.random.default_rng(0))
    lin = problem.linearize(theta)
    G = hf.autodiff.dense(lin.ggn, theta.size)
    step = next(Transcription(problem, theta, damping=2.0, max_cg=300))
    np.testing.assert_allclose(step.theta, theta + np.linalg.solve(G + 2 * np.eye(theta.size), -lin.gradient()),
                               rtol=1e-5, atol=1e-6)
    p = step.theta - theta
    assert step.predicted == pytest.approx(-(lin.gradient() @ p + 0.5 * p @ G @ p))
    assert step.rho == pytest.approx((step.before - step.loss) / step.predicted)
