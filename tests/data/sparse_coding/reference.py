"""Reference codes and objectives of sparse coding for given dictionaries, Eq. 2 without a factor ½.

Tool: scikit-learn 1.9 with numpy 2.4, float64. `sparse_encode` minimises
½‖x − Wᵀh‖² + alpha ‖h‖₁, so that alpha = λ/2. Two algorithms must agree before anything is
written: coordinate descent (class Lasso, as in lasso_cd, but with a tight tolerance) and, where the
codes are signed, least angle regression (lasso_lars). Which codes are not 0, and their signs, comes
from coordinate descent, their last digits from the linear system that these solve. The optimality
conditions are checked too, and that the optimum is unique: the atoms with |2 W_j·r| = λ are
linearly independent.

Run:  pip install scikit-learn && python reference.py      (writes reference.json next to this file)

reference.json holds a list of cases {"name", "n", "m", "count", "coefficient", "non_negative",
"filters", "samples", "codes", "objectives"}: filters in rows of n numbers, samples in rows of n
numbers, codes in rows of m numbers, and for each sample ‖x − Wᵀh‖² + λ‖h‖₁.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from sklearn.decomposition import sparse_encode
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso

warnings.simplefilter("ignore", ConvergenceWarning)


def problem(seed, n, m, count, lengths):
    """Random atoms with lengths in the given range, and random samples."""
    random = np.random.default_rng(seed)
    filters = random.standard_normal((m, n))
    filters /= np.linalg.norm(filters, axis=1, keepdims=True)
    filters *= random.uniform(*lengths, size=(m, 1))
    samples = random.standard_normal((count, n))
    # Numbers with few digits, that are the same in float32.
    return np.round(filters * 1024) / 1024, np.round(samples * 64) / 64


def coordinate_descent(filters, samples, coefficient, non_negative):
    """Each sample by itself; scikit-learn's Lasso divides the squared error by 2n."""
    n = filters.shape[1]
    alpha = coefficient / (2 * n)
    codes = []
    for sample in samples:
        solver = Lasso(alpha, fit_intercept=False, positive=non_negative, tol=1e-14, max_iter=10**6)
        codes.append(solver.fit(np.asfortranarray(filters.T), sample).coef_)
    return np.array(codes)


def polish(filters, samples, codes, coefficient):
    """The codes to all digits: those that are not 0 solve a linear system."""
    polished = np.zeros_like(codes)
    for code, exact, sample in zip(codes, polished, samples):
        active = code != 0
        atoms = filters[active]
        right = atoms @ sample - coefficient / 2 * np.sign(code[active])
        exact[active] = np.linalg.solve(atoms @ atoms.T, right)
    assert np.allclose(polished, codes, 0, 1e-6), np.abs(polished - codes).max()
    return polished


def objectives(filters, samples, codes, coefficient):
    residuals = samples - codes @ filters
    return (residuals**2).sum(axis=1) + coefficient * np.abs(codes).sum(axis=1)


def check(filters, samples, codes, coefficient, non_negative):
    """The optimality conditions and uniqueness."""
    correlations = 2 * (samples - codes @ filters) @ filters.T
    slack = 1e-11 * max(1, coefficient)
    for code, correlation in zip(codes, correlations):
        size = correlation if non_negative else np.abs(correlation)
        assert (size <= coefficient + slack).all(), size.max() - coefficient
        active = code != 0
        assert np.allclose(correlation[active], coefficient * np.sign(code[active]), 0, slack)
        tight = size >= coefficient - 1e-7
        assert np.linalg.matrix_rank(filters[tight]) == tight.sum(), "not unique"


def solve(name, filters, samples, coefficient, non_negative):
    codes = coordinate_descent(filters, samples, coefficient, non_negative)
    codes = polish(filters, samples, codes, coefficient)
    check(filters, samples, codes, coefficient, non_negative)
    encoded = sparse_encode(
        samples,
        filters,
        algorithm="lasso_cd",
        alpha=coefficient / 2,
        positive=non_negative,
        max_iter=10**6,
    )
    # The tolerance of sparse_encode's coordinate descent cannot be chosen.
    assert np.allclose(encoded, codes, 0, 0.02), (name, np.abs(encoded - codes).max())
    # Non-negative LARS ends before the smallest alphas, as its documentation says.
    if not non_negative:
        encoded = sparse_encode(samples, filters, algorithm="lasso_lars", alpha=coefficient / 2)
        assert np.allclose(encoded, codes, 0, 1e-9), (name, np.abs(encoded - codes).max())
    return {
        "name": name,
        "n": filters.shape[1],
        "m": filters.shape[0],
        "count": len(samples),
        "coefficient": coefficient,
        "non_negative": non_negative,
        "filters": filters.ravel().tolist(),
        "samples": samples.ravel().tolist(),
        "codes": codes.ravel().tolist(),
        "objectives": objectives(filters, samples, codes, coefficient).tolist(),
    }


def main():
    shapes = [
        ("more atoms than inputs", 8, 20, 6, (1, 1)),
        ("fewer atoms than inputs", 9, 4, 5, (1, 1)),
        ("short atoms", 6, 10, 5, (0.2, 1)),
        ("long atoms", 5, 8, 4, (0.5, 3)),
        ("one input", 1, 5, 4, (0.3, 1)),
        ("one atom", 5, 1, 4, (1, 1)),
        ("one of each", 1, 1, 3, (1, 1)),
        ("more samples than a piece", 3, 5, 70, (1, 1)),
    ]
    cases = []
    for seed, (name, n, m, count, lengths) in enumerate(shapes):
        filters, samples = problem(seed, n, m, count, lengths)
        correlations = 2 * samples @ filters.T
        for non_negative in (False, True):
            for share in (0.02, 0.3, 1.0):
                # At a share of 1 all codes are 0.
                largest = float(np.abs(correlations).max())
                coefficient = largest if share == 1 else round(share * largest, 3)
                if share == 1:
                    coefficient = float(np.nextafter(coefficient, np.inf))
                cases.append(solve(name, filters, samples, coefficient, non_negative))
                zeros = cases[-1]["codes"].count(0.0)
                assert (zeros == count * m) == (share == 1), (name, zeros)
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    target = Path(__file__).with_name("reference.json")
    target.write_text(f"[{lines}]\n")
    print(f"{len(cases)} cases, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
