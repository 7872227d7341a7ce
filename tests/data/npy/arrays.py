"""Writes the arrays beside this file, which tests/files/npy.rs reads. Run by hand: python3 arrays.py

Those that can hold the same 3 samples of 2 values: see `values`. Written by NumPy 2.4.6.
"""

import os
import numpy

folder = os.path.dirname(os.path.abspath(__file__))
values = [[0, 1], [2, 100], [127, 3]]


def save(name, array, version=(1, 0)):
    with open(os.path.join(folder, name + ".npy"), "wb") as file:
        numpy.lib.format.write_array(file, array, version=version)


for kind in ["<f4", "<f8", ">f4", ">f8", "|u1", "|i1", "<u2", ">u2", "<i2", ">i4", "<u4", "<i8", ">u8"]:
    order = {"<": "little-", ">": "big-", "|": ""}[kind[0]]
    save(order + kind[1:], numpy.array(values, dtype=kind))
doubles = numpy.array(values, dtype="<f8")
save("fortran", numpy.asfortranarray(doubles))
save("version-2", doubles, (2, 0))
save("version-3", doubles, (3, 0))
save("rank-3", doubles.reshape(3, 1, 2))
save("rank-1", doubles.reshape(6))
save("complex", doubles.astype("<c16"))
save("structure", numpy.array([(1.0, 2)], dtype=[("a", "<f8"), ("b", "<i4")]))
save("nan", numpy.array([[0.0, 1.0], [2.0, numpy.nan]]))
save("empty", numpy.zeros((0, 2)))
