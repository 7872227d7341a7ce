"""Coefficients of e^{a²/2} Φ(−a) for a ≥ 0 as a ratio of polynomials in a.

Tool: mpmath 1.4 with 60 decimal digits; what is printed is rounded to the scalar type.

Run:  pip install mpmath && python normal_tail_coefficients.py   (prints what src/elementary.rs has)

With 1 as the denominator's lowest coefficient, degrees n and n + 1 leave 2n + 2 unknowns. They
come from as many nodes, at which the ratio is exact: the Chebyshev points of the variable
t = (a − K)/(a + K), which Shepherd and Laframboise (Math. Comp. 36, 1981) use for the error
function's complement, between t(0) and t(A). Beyond A, e^{−a²/2} is 0 in the scalar type. 0 is a
node, so that Φ(0) = ½.

The bound on GELU's error leaves room for a relative error in proportion to 1 + a². K is chosen,
and the error measured, accordingly.
"""

import struct
from decimal import Decimal

from mpmath import cos, erfc, exp, lu_solve, matrix, mp, mpf, pi, polyval, sqrt

mp.dps = 60

K = mpf("2.5")
# the name of the type, its struct format, its unit roundoff, n, A
TYPES = [
    ("f32", "f", mpf(2) ** -24, 4, mpf("14.5")),
    ("f64", "d", mpf(2) ** -53, 9, mpf("38.7")),
]


def scaled_tail(a):
    return erfc(a / sqrt(2)) / 2 * exp(a * a / 2)


def nodes(count, end):
    """The Chebyshev points of t, as values of a."""
    t_end = (end - K) / (end + K)
    for i in range(count):
        t = -1 + (t_end + 1) * (1 - cos(pi * i / (count - 1))) / 2
        yield K * (1 + t) / (1 - t)


def interpolate(n, end):
    """Coefficients, lowest first, of p and q with p − tail·q = 0 at the nodes."""
    count = 2 * n + 2
    equations, right = matrix(count, count), matrix(count, 1)
    for row, a in enumerate(nodes(count, end)):
        tail = scaled_tail(a)
        size = (1 + a) ** (n + 1)
        for j in range(n + 1):
            equations[row, j] = a**j / size
            equations[row, n + 1 + j] = -tail * a ** (j + 1) / size
        right[row] = tail / size
    solution = list(lu_solve(equations, right))
    return solution[: n + 1], [mpf(1)] + solution[n + 1 :]


def error(numerator, denominator, end):
    """The largest relative error divided by 1 + a²."""
    errors = []
    for i in range(2000):
        a = end * (mpf(i) / 2000) ** 2
        ratio = polyval(numerator[::-1], a) / polyval(denominator[::-1], a)
        errors.append(abs(ratio / scaled_tail(a) - 1) / (1 + a * a))
    return max(errors)


def shortest(value, fmt):
    """The shortest decimal that is read back as the number nearest to the value."""
    stored = struct.pack(fmt, value)
    for digits in range(17):
        mantissa, exponent = f"{float(value):.{digits}e}".split("e")
        # Of as many digits, the nearest decimal need not be the one that is read back.
        for unit in (0, 1, -1):
            decimal = Decimal(mantissa) + unit * Decimal(10) ** -digits
            number = float(f"{decimal}e{exponent}")
            if struct.pack(fmt, number) == stored:
                return repr(number)
    raise AssertionError(value)


def main():
    for name, fmt, roundoff, n, end in TYPES:
        numerator, denominator = interpolate(n, end)
        # Nothing cancels where all coefficients are positive.
        assert min(numerator + denominator) > 0
        largest = error(numerator, denominator, end)
        assert largest < roundoff / 8
        print(f"{name}: error / unit roundoff {float(largest / roundoff):.2g}")
        for label, coefficients in (("numerator", numerator), ("denominator", denominator)):
            print(f"  {label}:", ", ".join(shortest(c, fmt) for c in coefficients))


if __name__ == "__main__":
    main()
