"""Reference values of the built-in activations and their derivatives up to the fourth.

Tool: mpmath 1.4 with 80 decimal digits; what is written is rounded once, to the nearest float64.
Before anything is written, every formula is compared with numerical derivatives of s itself.

Run:  pip install mpmath && python reference.py      (writes reference.json next to this file)

reference.json holds a list of cases {"activation", "parameter", "points"}; a point is
[a, s, s', s'', s''', s'''']. All a are float64 numbers and most of them float32 numbers too. At a
kink the derivatives are those that the library documents.
"""

import json
import struct
from pathlib import Path

from mpmath import cosh, diff, erfc, exp, expm1, log1p, mp, mpf, pi, sqrt, tanh

mp.dps = 80


# σ and its derivatives, in forms that keep all digits in the tails.

def sigmoid(a):
    return 1 / (1 + exp(-a))


def sigmoid_derivatives(a):
    """σ and its first four derivatives."""
    first = 1 / (4 * cosh(a / 2) ** 2)
    second = -first * tanh(a / 2)
    third = first * (1 - 6 * first)
    return [sigmoid(a), first, second, third, second * (1 - 12 * first)]


# Each of the following returns [s, s', s'', s''', s''''].

def relu(a, _):
    return [a, 1, 0, 0, 0] if a > 0 else [0, 0, 0, 0, 0]


def identity(a, _):
    return [a, 1, 0, 0, 0]


def leaky_relu(a, alpha):
    return [a, 1, 0, 0, 0] if a > 0 else [alpha * a, alpha, 0, 0, 0]


def hard_sigmoid(a, _):
    if abs(a) < 3:
        return [(a + 3) / 6, mpf(1) / 6, 0, 0, 0]
    return [1 if a > 0 else 0, 0, 0, 0, 0]


def softplus(a, beta):
    z = beta * a
    value = (z + log1p(exp(-z)) if z > 0 else log1p(exp(z))) / beta
    first, second, third, fourth, _ = sigmoid_derivatives(z)
    return [value, first, beta * second, beta**2 * third, beta**3 * fourth]


def logistic(a, _):
    return sigmoid_derivatives(a)


def hyperbolic_tangent(a, _):
    """tanh a = 2σ(2a) − 1"""
    scaled = [2 ** (n + 1) * d for n, d in enumerate(sigmoid_derivatives(2 * a))]
    return [tanh(a)] + scaled[1:]


def elu(a, alpha):
    if a > 0:
        return [a, 1, 0, 0, 0]
    return [alpha * expm1(a)] + 4 * [alpha * exp(a)]


def silu(a, _):
    """The n-th derivative is n σ^(n−1) + a σ^(n)."""
    s = sigmoid_derivatives(a)
    return [a * s[0]] + [n * s[n - 1] + a * s[n] for n in range(1, 5)]


def gelu(a, _):
    if abs(a) > mpf(10) ** 100:  # too large for mpmath's erfc
        return [a, 1, 0, 0, 0] if a > 0 else [0, 0, 0, 0, 0]
    density = exp(-a * a / 2) / sqrt(2 * pi)
    distribution = erfc(-a / sqrt(2)) / 2
    return [
        a * distribution,
        distribution + a * density,
        density * (2 - a * a),
        density * (a**3 - 4 * a),
        density * (-(a**4) + 7 * a**2 - 4),
    ]


PIECEWISE_LINEAR = {
    "relu": (relu, [None]),
    "identity": (identity, [None]),
    "leaky_relu": (leaky_relu, [0.0, 0.01, 0.5, 1.0]),
    "hard_sigmoid": (hard_sigmoid, [None]),
}
CURVED = {
    "softplus": (softplus, [1.0, 0.1, 5.0, 100.0]),
    "sigmoid": (logistic, [None]),
    "tanh": (hyperbolic_tangent, [None]),
    "elu": (elu, [0.5, 1.0, 2.0]),
    "silu": (silu, [None]),
    "gelu": (gelu, [None]),
}

# Where one of the derivatives up to the fourth is 0, apart from 0 itself.
ZEROS = {
    "sigmoid": [1.3169578969248168, 2.2924316695611777],
    "softplus": [1.3169578969248168, 2.2924316695611777],
    "tanh": [0.6584789484624084, 1.1462158347805889],
    "silu": [1.2784645427610737, 1.0319582417807491, 2.3993572805154177, 3.435840993535111, 4.429235100557228],
    "gelu": [0.7517915246935645, 0.7922869913932613, 1.4142135623730951, 2.0, 2.5243377989621387],
}
TINY = [1e-44, 1.2e-38, 3e-30, 1e-16, 6e-8, 1e-4, 0.0021]
MODERATE = [0.03 * 1.15**n for n in range(43)] + [1.0]
TAILS = [10, 12.7, 16.7, 22, 30, 38.2, 57, 80, 87.3, 95, 100, 104, 372, 700, 745, 1e4, 1e30]
FLOAT64_ONLY = [5e-324, 1e-300, 1e-100, 0.1, 0.7, 1.1, 3.3, 9.9, 33.3, 708.4, 1e300]
NEAR_KINKS = [2.5, 2.99, 2.9999, 2.9999998, 3.0, 3.0000002, 3.0001, 3.01]


def float32(a):
    """The float32 number nearest to a."""
    return struct.unpack("f", struct.pack("f", a))[0]


def neighbours(a):
    """a and the float64 numbers four to eight units in the last place away."""
    return [a, a * (1 - 2.0**-50), a * (1 + 2.0**-50)]


def points(name, parameter):
    curved = name in CURVED
    magnitudes = [float32(a) for a in TINY + MODERATE + TAILS] + FLOAT64_ONLY
    if not curved:
        magnitudes = magnitudes[::3] + [float32(a) for a in NEAR_KINKS]
    for zero in ZEROS.get(name, []):
        magnitudes += [float32(zero), float32(zero * 1.01)] + neighbours(zero)
    if name == "softplus" and parameter != 1.0:
        # the same places on the scale of βa
        magnitudes += [float32(a / parameter) for a in (0.3, 1.3169579, 4, 20, 60, 85, 700)]
    return sorted({0.0} | {sign * a for a in magnitudes for sign in (-1, 1)})


def check(name, function, parameter):
    """Compares the formulas with numerical derivatives of s, where s is smooth."""
    for a in (mpf("-4.7"), mpf("-1.3"), mpf("-0.2"), mpf("0.3"), mpf("1.9"), mpf("5.1")):
        values = function(a, parameter)
        for order in range(1, 5):
            numerical = diff(lambda t: function(t, parameter)[0], a, order)
            error = abs(values[order] - numerical)
            assert error < mpf(10) ** -30 * (1 + abs(numerical)), (name, parameter, a, order)


def main():
    cases = []
    for name, (function, parameters) in (PIECEWISE_LINEAR | CURVED).items():
        for parameter in parameters:
            exact = None if parameter is None else mpf(parameter)
            check(name, function, exact)
            rows = [
                [a] + [float(value) for value in function(mpf(a), exact)]
                for a in points(name, parameter)
            ]
            cases.append({"activation": name, "parameter": parameter, "points": rows})
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    target = Path(__file__).with_name("reference.json")
    target.write_text(f"[{lines}]\n")
    print(f"{sum(len(case['points']) for case in cases)} points, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
