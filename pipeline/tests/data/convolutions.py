#!/usr/bin/env python3
"""Writes convolutions.onnx: four channels, a 3 x 3 then a 1 x 1 convolution, three classes.

Weights are small multiples of 1/4, so that f32 sums are exact in any order and a test can compute
the logits in plain arithmetic. Needs the package `onnx`:

    python3 -m venv v && v/bin/pip install onnx && v/bin/python convolutions.py

Weight of the 3 x 3 convolution from channel i to feature o at (row, col), and of the 1 x 1 one
from feature i to class o: `weight` below. Padding is zero, the sides of a patch stay open.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save


def weight(out: int, into: int, row: int, col: int) -> float:
    """Multiples of 1/4 from -3/4 to 3/4."""
    return ((out * 5 + into * 3 + row * 2 + col) % 7 - 3) / 4


def convolution(name: str, shape: tuple) -> "TensorProto":
    values = np.fromfunction(np.vectorize(weight), shape).astype(np.float32)
    return numpy_helper.from_array(values, name)


def main() -> None:
    sides = ["rows", "cols"]
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "near"], ["features"], pads=[1, 1, 1, 1]),
            helper.make_node("Conv", ["features", "mix"], ["logits"]),
        ],
        "convolutions",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 4, *sides])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 3, *sides])],
        [convolution("near", (2, 4, 3, 3)), convolution("mix", (3, 2, 1, 1))],
    )
    model = helper.make_model(
        graph, producer_name="", opset_imports=[helper.make_opsetid("", 13)], ir_version=8
    )
    checker.check_model(model, full_check=True)
    save(model, Path(__file__).with_suffix(".onnx"))


if __name__ == "__main__":
    main()
