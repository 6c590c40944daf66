"""This machine to what fathom can use of it: processor, fast paths, devices, versions."""

import os
import platform
import shutil
from importlib.metadata import version
from typing import Any

import torch

LIBRARIES = ("fathom-dl", "torch", "polars", "pillow", "scikit-learn", "safetensors", "numpy")


def examine() -> dict[str, Any]:
    """Names and values for `fathom doctor`."""
    free = shutil.disk_usage(".").free / 2**30
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "vector units": torch.backends.cpu.get_cpu_capability(),
        "bfloat16": "native" if native_bfloat16() else "emulated: float32 will be used",
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "free disk": f"{free:.1f} GiB",
    }


def native_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 by itself."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
