"""Judge images with an exported detector; needs numpy, Pillow and onnxruntime alone.

python onnx_example.py FOLDER IMAGE...    where FOLDER is what 'bench export BUNDLE IMAGE... --to onnx' wrote
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

folder, *paths = sys.argv[1:]
height, width = json.loads((Path(folder) / "detector.json").read_text())["size_px"]
session = onnxruntime.InferenceSession(str(Path(folder) / "detector.onnx"))
for path in paths:
    image = Image.open(path).convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
    maps, scores, is_anomalous, masks = session.run(None, {"images": np.array(image)[None]})
    print(f"{path}: score {scores[0]:.4f}, {'anomalous' if is_anomalous[0] else 'normal'}, {masks[0].mean():.1%} of it")
