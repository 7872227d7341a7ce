"""Parameters after some steps of Adam, of clipped Adam and of clipped descent with momentum.

Tool: Python 3 in float64 with exactly rounded sums (math.fsum), no packages. The algorithms are
written here from their sources, in the notation of the sources: Adam is algorithm 1 of Kingma and
Ba, "Adam: A Method for Stochastic Optimization" (ICLR 2015), clipping that of Pascanu, Mikolov and
Bengio, "On the difficulty of training recurrent neural networks" (ICML 2013), algorithm 1. Before
anything is written, the gradient is compared with central differences of the objective.

Run:  python reference.py      (writes reference.json next to this file)

The model is a sigmoid auto-encoder with tied weights, J = E‖x − y‖², all samples in one batch.
Samples stand in rows (N × n), W is m × n. θ is the list W (row by row), encoder bias, decoder bias.
"""

import json
from math import cos, exp, fsum, sin, sqrt
from pathlib import Path

N_INPUTS, N_HIDDEN, N_SAMPLES = 3, 4, 6
STEPS = [1, 2, 12]


def split(theta):
    w = [theta[j * N_INPUTS : (j + 1) * N_INPUTS] for j in range(N_HIDDEN)]
    biases = theta[N_HIDDEN * N_INPUTS :]
    return w, biases[:N_HIDDEN], biases[N_HIDDEN:]


def forward(theta, x):
    w, b, d = split(theta)
    a = [fsum([b[j]] + [w[j][i] * x[i] for i in range(N_INPUTS)]) for j in range(N_HIDDEN)]
    h = [1 / (1 + exp(-value)) for value in a]
    y = [
        fsum([w[j][i] * h[j] for j in range(N_HIDDEN)] + ([d[i]] if d else []))
        for i in range(N_INPUTS)
    ]
    return h, [y[i] - x[i] for i in range(N_INPUTS)]


def objective(theta, samples):
    return fsum(r**2 for x in samples for r in forward(theta, x)[1]) / len(samples)


def gradient(theta, samples):
    w, _, d = split(theta)
    terms = [[] for _ in theta]
    for x in samples:
        h, r = forward(theta, x)
        for j in range(N_HIDDEN):
            delta = 2 * h[j] * (1 - h[j]) * fsum(w[j][i] * r[i] for i in range(N_INPUTS))
            for i in range(N_INPUTS):
                terms[j * N_INPUTS + i] += [h[j] * 2 * r[i], delta * x[i]]
            terms[N_HIDDEN * N_INPUTS + j].append(delta)
        for i in range(len(d)):
            terms[N_HIDDEN * (N_INPUTS + 1) + i].append(2 * r[i])
    return [fsum(term) / len(samples) for term in terms]


def check(theta, samples):
    found = gradient(theta, samples)
    for at in range(len(theta)):
        moved = [list(theta), list(theta)]
        moved[0][at] += 1e-5
        moved[1][at] -= 1e-5
        expected = (objective(moved[0], samples) - objective(moved[1], samples)) / 2e-5
        assert abs(found[at] - expected) < 1e-8, (at, found[at], expected)


def clipped(g, threshold):
    if threshold is None:
        return g
    norm = sqrt(fsum(value**2 for value in g))
    return [threshold / norm * value for value in g] if norm >= threshold else g


def unit_lengths(theta):
    w, b, d = split(theta)
    lengths = [sqrt(fsum(value**2 for value in row)) for row in w]
    return [value / length for row, length in zip(w, lengths) for value in row] + b + d


def adam(theta, samples, case):
    alpha, beta_1, beta_2, epsilon = (case[key] for key in ["rate", "beta1", "beta2", "epsilon"])
    m, v, t = [0.0] * len(theta), [0.0] * len(theta), 0
    while True:
        t += 1
        g = clipped(gradient(theta, samples), case["clip"])
        m = [beta_1 * m_i + (1 - beta_1) * g_i for m_i, g_i in zip(m, g)]
        v = [beta_2 * v_i + (1 - beta_2) * g_i**2 for v_i, g_i in zip(v, g)]
        m_hat = [m_i / (1 - beta_1**t) for m_i in m]
        v_hat = [v_i / (1 - beta_2**t) for v_i in v]
        theta = [
            theta_i - alpha * m_i / (sqrt(v_i) + epsilon)
            for theta_i, m_i, v_i in zip(theta, m_hat, v_hat)
        ]
        if case["unit_length"]:
            theta = unit_lengths(theta)
        yield theta


def momentum(theta, samples, case):
    velocity = [0.0] * len(theta)
    while True:
        g = clipped(gradient(theta, samples), case["clip"])
        velocity = [case["momentum"] * v_i - case["rate"] * g_i for v_i, g_i in zip(velocity, g)]
        theta = [theta_i + v_i for theta_i, v_i in zip(theta, velocity)]
        yield theta


def start(with_decoder_bias, unit_length):
    w = [0.6 * sin(1.7 * at + 0.3) for at in range(N_HIDDEN * N_INPUTS)]
    b = [0.2 * cos(2.1 * at) for at in range(N_HIDDEN)]
    d = [0.1 * sin(0.9 * at + 1) for at in range(N_INPUTS)] if with_decoder_bias else []
    theta = w + b + d
    return unit_lengths(theta) if unit_length else theta


def main():
    samples = [
        [1.5 * sin(0.7 * (at + 1) * (i + 1)) + 0.3 for i in range(N_INPUTS)]
        for at in range(N_SAMPLES)
    ]
    base = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "clip": None, "momentum": None}
    cases = [
        base | {"rate": 0.01, "decoder_bias": True, "unit_length": False},
        base | {"rate": 0.1, "decoder_bias": False, "unit_length": False},
        base
        | {"rate": 0.05, "beta1": 0.5, "beta2": 0.9, "epsilon": 0.1}
        | {"decoder_bias": True, "unit_length": False},
        base | {"rate": 0.02, "decoder_bias": False, "unit_length": True},
        base
        | {"rate": 0.05, "epsilon": 0.1, "clip": 1.5}
        | {"decoder_bias": True, "unit_length": False},
        base
        | {"rate": 0.2, "momentum": 0.9, "clip": 1.5}
        | {"decoder_bias": True, "unit_length": False},
    ]
    written = []
    for case in cases:
        theta = start(case["decoder_bias"], case["unit_length"])
        check(theta, samples)
        run = (adam if case["momentum"] is None else momentum)(theta, samples, case)
        after = {}
        norms = []
        for step in range(1, STEPS[-1] + 1):
            at = theta if step == 1 else last
            norms.append(sqrt(fsum(value**2 for value in gradient(at, samples))))
            last = next(run)
            if step in STEPS:
                after[step] = last
        if case["clip"] is not None:
            # Some of the steps are clipped, others are not.
            assert min(norms) < case["clip"] < max(norms), norms
        after = [{"step": step, "theta": theta} for step, theta in after.items()]
        written.append(case | {"start": theta, "after": after})
    path = Path(__file__).with_name("reference.json")
    sizes = {"n_inputs": N_INPUTS, "n_hidden": N_HIDDEN}
    path.write_text(json.dumps(sizes | {"samples": samples, "cases": written}, indent=1) + "\n")


if __name__ == "__main__":
    main()
