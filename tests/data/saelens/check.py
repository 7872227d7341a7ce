"""The files of SAELens and those of this crate, checked against the package sae-lens itself.

    pip install sae-lens                # written and checked with 6.54.12
    python check.py make                # writes the folders beside this file, as the package writes them
    python check.py check FOLDER ...    # loads folders, and compares what the package computes with
                                        # FOLDER/expected.json

A folder holds cfg.json and sae_weights.safetensors; expected.json holds samples, codes and
reconstructions, with samples in rows. `cargo run --example saelens_export` writes such a folder, in
which the numbers of expected.json are those that this crate computes.
"""

import json
import sys
from pathlib import Path

import torch
from sae_lens import SAE, StandardSAE, StandardSAEConfig, TopKSAE, TopKSAEConfig
from sae_lens import StandardTrainingSAE, StandardTrainingSAEConfig

HERE = Path(__file__).parent
D_IN, D_SAE, SAMPLES = 5, 7, 6
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


def make(name, sae, refused=False):
    """Fills a model with numbers and saves it by the package, and beside it what it computes."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in sae.parameters():
            parameter.copy_(torch.randn(parameter.shape, dtype=torch.float64))
    sae.save_model(HERE / name)
    if not refused:
        x = torch.randn(SAMPLES, D_IN, dtype=torch.float64).to(sae.dtype)
        with torch.no_grad():
            codes = sae.encode(x)
            numbers = {"x": x, "codes": codes, "reconstructions": sae.decode(codes)}
        lists = {key: value.double().tolist() for key, value in numbers.items()}
        (HERE / name / "expected.json").write_text(json.dumps(lists) + "\n")


def make_all():
    shape = {"d_in": D_IN, "d_sae": D_SAE}
    make("float32", StandardSAE(StandardSAEConfig(**shape)))
    plain = StandardSAEConfig(**shape, dtype="float64", apply_b_dec_to_input=False)
    make("float64", StandardSAE(plain))
    make("training", StandardTrainingSAE(StandardTrainingSAEConfig(**shape, l1_coefficient=2.0)))
    # What the crate refuses.
    for name, cfg in [("bfloat16", {"dtype": "bfloat16"}), ("layer_norm", {"normalize_activations": "layer_norm"})]:
        make(name, StandardSAE(StandardSAEConfig(**shape, **cfg)), refused=True)
    make("topk", TopKSAE(TopKSAEConfig(**shape, k=3)), refused=True)


@torch.no_grad()
def check(folder):
    sae = SAE.load_from_disk(folder)
    expected = json.loads((Path(folder) / "expected.json").read_text())
    numbers = {key: torch.tensor(value, dtype=sae.dtype) for key, value in expected.items()}
    codes = sae.encode(numbers["x"])
    found = {"codes": codes, "reconstructions": sae.decode(codes)}
    for key, value in found.items():
        error = (value - numbers[key]).abs().max() / numbers[key].abs().max()
        active = (value != 0).double().mean()
        print(f"{folder}: {key} {tuple(value.shape)}, {active:.2f} not 0, relative error {error:.1e}")
        assert error < TOLERANCE[sae.cfg.dtype], key


if __name__ == "__main__":
    if sys.argv[1:] == ["make"]:
        make_all()
    elif sys.argv[1:2] == ["check"]:
        for folder in sys.argv[2:]:
            check(folder)
    else:
        sys.exit(__doc__)
