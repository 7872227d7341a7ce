"""Computes, from the files of models in this folder, what their codes and reconstructions must be.

Reads them with the Python package `safetensors` and computes with numpy in float64; nothing of the
Rust code is used. Writes a JSON file beside each: samples, codes and reconstructions in rows.

    pip install numpy safetensors
    python expected.py
"""

import json
import zlib
from pathlib import Path

import numpy as np
from safetensors import safe_open

ACTIVATIONS = {
    "relu": lambda a: np.maximum(a, 0.0),
    "leaky_relu": lambda a, alpha: np.where(a > 0.0, a, alpha * a),
    "softplus": lambda a, sharpness: np.logaddexp(0.0, sharpness * a) / sharpness,
}


def read(path):
    """The tensors in float64 and the document, whose checksum must be right."""
    with safe_open(path, framework="numpy") as file:
        tensors = {name: file.get_tensor(name).astype(np.float64) for name in file.keys()}
        text = file.metadata()["regularized_autoencoder"]
    contents = path.read_bytes()
    numbers = contents[8 + int.from_bytes(contents[:8], "little") :]
    beginning = '{"crc32":"'
    checksum, body = text[len(beginning) :].split('",', 1)
    assert text.startswith(beginning)
    assert int(checksum, 16) == zlib.crc32(body.encode() + numbers)
    return tensors, json.loads(text)


def scaling(tensors, scaler):
    """The maps to the units of the model and back, for samples in rows."""
    if scaler is None:
        return lambda x: x, lambda x: x
    mean = tensors["scaler.mean"]
    if "standardization" in scaler:
        scale = tensors["scaler.standard_deviation"] + scaler["standardization"]["offset"]
        return lambda x: (x - mean) / scale, lambda x: x * scale + mean
    forward, backward = tensors["scaler.forward"], tensors["scaler.backward"]
    return lambda x: (x - mean) @ forward.T, lambda x: x @ backward.T + mean


def main():
    for path in sorted(Path(__file__).parent.glob("*.safetensors")):
        tensors, document = read(path)
        activation = document["activation"]
        apply, invert = scaling(tensors, document["scaler"])
        features = len(tensors.get("scaler.mean", tensors["filters"][0]))
        rows = np.arange(6)[:, None] + 0.5 * np.arange(features)[None, :]
        samples = np.round(3.0 * np.sin(rows) + np.arange(features), 3)
        pre_activations = apply(samples) @ tensors["filters"].T + tensors["encoder_bias"]
        codes = ACTIVATIONS[activation["name"]](pre_activations, **activation["parameters"])
        reconstructions = invert(codes @ tensors["filters"] + tensors.get("decoder_bias", 0.0))
        result = {
            "samples": samples.tolist(),
            "codes": codes.tolist(),
            "reconstructions": reconstructions.tolist(),
        }
        path.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
