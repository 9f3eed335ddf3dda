"""What the scheduler of a diffusers pipeline says of its network. Needs nothing but the config; tools/export.py uses it too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def scheduler_settings(config: Mapping[str, Any], alphas_cumprod: Callable[[], Any]) -> dict[str, Any]:
    """`process`, `predicts`, `time` and `scale_input` from a scheduler's config.

    `alphas_cumprod` is called for tables that no formula gives; what it returns stands for process.alphas_cumprod.
    """
    steps = config.get("num_train_timesteps", 1000)
    if "FlowMatch" in config.get("_class_name", ""):
        process: dict[str, Any] = {"kind": "flow", "data_at": 0, "shift": config.get("shift", 1.0)}
        return {"process": process, "predicts": "flow", "time": "t", "time_scale": steps, "scale_input": "process"}
    schedule = config.get("beta_schedule", "linear")
    own_table = config.get("trained_betas") is not None or config.get("rescale_betas_zero_snr")
    if schedule in ("linear", "scaled_linear") and not own_table:
        process = {"kind": "vp_linear", "beta_start": config["beta_start"], "beta_end": config["beta_end"]}
        process |= {"steps": steps, "beta_schedule": schedule}
    elif schedule == "squaredcos_cap_v2" and not own_table:
        process = {"kind": "vp_cosine", "s": 0.008, "steps": steps}
    else:
        process = {"kind": "table", "alphas_cumprod": alphas_cumprod()}
    predicts = config.get("prediction_type", "epsilon")
    return {"process": process, "predicts": predicts, "time": "index", "scale_input": "process"}
