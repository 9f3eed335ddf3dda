"""What diffusers says of a network: each scheduler class of diffusers 0.42, described or refused with the reason.

tools/export.py loads this file by itself: it needs nothing of the package, and diffusers only for what a config leaves out.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Settings = dict[str, Any]
Table = Callable[[], Sequence[float]]


class Undescribed(ValueError):
    """The scheduler says too little of its network, or describes one that no ODE of ours samples from."""


PREDICTS = {
    "epsilon": "noise", "sample": "denoised", "original_sample": "denoised", "v_prediction": "velocity", "flow_prediction": "flow",
}  # fmt: skip


def class_name(scheduler: Any) -> str:
    """Of the scheduler, or of the diffusers class that its own derives from."""
    names = [base.__name__ for base in type(scheduler).__mro__]
    return next((name for name in names if name in SCHEDULERS), names[0])


def scheduler_class(name: str) -> Any:
    """A class of the installed diffusers. Raises ImportError without diffusers."""
    import diffusers

    found = getattr(diffusers, name, None)
    if found is None:
        raise Undescribed(f"{name}: no scheduler of diffusers {diffusers.__version__}")
    return found


def sample_shape(network: Any) -> tuple[int, ...]:
    """Of a UNet or transformer: its class says how many dimensions its config's sample_size has."""
    size, kind = getattr(network.config, "sample_size", None), type(network).__name__
    if size is None:
        raise Undescribed("missing; the network's config has no sample_size")
    if isinstance(size, int):
        if any(word in kind for word in ("3D", "SpatioTemporal", "Motion")):
            raise Undescribed(f"missing; the config of a {kind} says nothing of its frames")
        size = (size,) if "1D" in kind else (size, size)
    return (network.config.in_channels, *size)


def scheduler_settings(config: Mapping[str, Any], alphas_cumprod: Table | None = None, name: str | None = None) -> Settings:
    """`process`, `predicts`, `time` and what else a scheduler's class and config say of its network.

    alphas_cumprod: called for tables that no formula gives. None: that of a scheduler made from config. name: of the class; None:
    the config's. Raises Undescribed, which names class and reason.
    """
    name = name or config.get("_class_name")
    if not name:
        raise Undescribed("the config has no _class_name: hand over the scheduler itself, or the name of its class")
    row = SCHEDULERS.get(name, "is no scheduler that shockstep knows")
    if isinstance(row, str):
        raise Undescribed(f"{name}: {row}. A network that an ODE can be made of is described by shockstep.Network")

    def table() -> Sequence[float]:
        if alphas_cumprod is not None:
            return alphas_cumprod()
        return scheduler_class(name).from_config(dict(config)).alphas_cumprod.double().tolist()

    return row(_Config(name, config), table)


class _Config:
    """A config whose gaps are the defaults of its class."""

    def __init__(self, name: str, given: Mapping[str, Any]):
        self.name, self.given = name, given

    def __getitem__(self, key: str) -> Any:
        value = self.get(key, self)
        if value is self:
            self.refuse(f"its config has no {key}")
        return value

    def get(self, key: str, otherwise: Any = None) -> Any:
        """`otherwise`: where the class does not know the key, or has no default."""
        if key in self.given:
            return self.given[key]
        parameter = inspect.signature(scheduler_class(self.name).__init__).parameters.get(key)
        return otherwise if parameter is None or parameter.default is parameter.empty else parameter.default

    def predicts(self, *kinds: str) -> str:
        kind = self["prediction_type"]
        if kind not in kinds:
            self.refuse(f"prediction_type must be one of {', '.join(kinds)}, got {kind}")
        return PREDICTS[kind]

    def refuse(self, reason: str) -> None:
        raise Undescribed(f"{self.name}: {reason}")


def _flow(config: _Config, shift: float, predicts: str = "flow", data_at: int = 0, scale: float | None = None) -> Settings:
    process = {"kind": "flow", "data_at": data_at, "shift": shift}
    scale = config["num_train_timesteps"] if scale is None else scale
    return {"process": process, "predicts": predicts, "time": "t", "time_scale": scale, "scale_input": "process"}


def _flow_match(config: _Config, table: Table) -> Settings:
    kind = config.get("prediction_type")  # of the scheduler that this config was made for
    if kind not in (None, "flow_prediction"):
        config.refuse(f"is of flows, but its config says prediction_type={kind} of another scheduler")
    # The shift moves the grid alone; where it is dynamic, it is a pipeline's and its image's.
    shift = 1.0 if config.get("use_dynamic_shifting") else config.get("shift") or 1.0
    return _flow(config, shift, data_at=1 if config.get("invert_sigmas") else 0)


def _helios(config: _Config, table: Table) -> Settings:
    if config["stages"] != 1:
        config.refuse(f"samples in stages={config['stages']} sizes, each with noise of its own; stages=1 is one flow")
    if config.get("scheduler_type") == "dmd":
        config.refuse("scheduler_type=dmd is of distilled networks, which are no denoisers")
    return _flow_match(config, table)


def _minimax(config: _Config, table: Table) -> Settings:
    return _flow(config, config["shift"], data_at=1, scale=1.0)


def _discrete(config: _Config, table: Table) -> Settings:
    """A table of alphas_cumprod whose index the network is told; some of these classes are of flows as well."""
    if config.get("use_flow_sigmas"):
        for key in ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"):
            if config.get(key) and (config.name, key) != ("UniPCMultistepScheduler", "use_karras_sigmas"):
                config.refuse(f"{key} does not go with use_flow_sigmas: its times would be those of its table of betas")
        predicts = config.predicts("flow_prediction", "epsilon", "sample")
        return _flow(config, 1.0 if config.get("use_dynamic_shifting") else config["flow_shift"], predicts)
    # What from_config keeps of a flow scheduler's config without heeding it.
    of_flow = [key for key in ("shift", "base_shift", "max_shift", "invert_sigmas", "stochastic_sampling") if key in config.given]
    if of_flow:
        config.refuse(
            f"its config has {of_flow[0]} of a flow scheduler, but use_flow_sigmas is off, and so it would noise as DDPM does; "
            'give it use_flow_sigmas=True and prediction_type="flow_prediction", or keep the flow scheduler'
        )
    known = config.name not in ("RePaintScheduler",)
    predicts = config.predicts("epsilon", "sample", "original_sample", "v_prediction") if known else "noise"
    if config.get("timestep_type") == "continuous" and predicts == "velocity":
        return _continuous(config, table)
    return {"process": _process(config, table), "predicts": predicts, "time": "index", "scale_input": "process"}


def _process(config: _Config, table: Table) -> Settings:
    schedule, steps = config["beta_schedule"], config["num_train_timesteps"]
    other = ("trained_betas", "rescale_betas_zero_snr", "snr_shift_scale")
    if not any(config.get(key) for key in other):
        if schedule in ("linear", "scaled_linear"):
            betas = {"beta_start": config["beta_start"], "beta_end": config["beta_end"]}
            return {"kind": "vp_linear", **betas, "steps": steps, "beta_schedule": schedule}
        if schedule == "squaredcos_cap_v2":
            return {"kind": "vp_cosine", "s": 0.008, "steps": steps}
    return {"kind": "table", "alphas_cumprod": descending(table())}


def descending(alphas: Sequence[float]) -> list[float]:
    """A table whose last entry was lifted off 0, to 2^-24 (rescale_betas_zero_snr of the schedulers that need a finite sigma).

    The entries before it that are then no larger are put on the line of ln sigma to it from the first that is.
    """
    out = list(alphas)
    first = len(out) - 1
    while first > 0 and out[first - 1] <= out[-1]:
        first -= 1
    if out[-1] > 0 and 0 < first < len(out) - 1:
        begin, end = (math.log1p(-out[j]) - math.log(out[j]) for j in (first - 1, -1))
        for j in range(first, len(out) - 1):
            out[j] = 1 / (1 + math.exp(begin + (end - begin) * (j - first + 1) / (len(out) - first)))
    return out


def _preserving(sigma_min: float, sigma_max: float, time: str) -> Settings:
    """alpha = cos(t pi/2), s = sin(t pi/2), and v of it."""
    process = {"kind": "vp_cosine", "s": 0.0, "sigma_min": sigma_min, "sigma_max": sigma_max}
    return {"process": process, "predicts": "velocity", "time": time, "scale_input": "process"}


def _continuous(config: _Config, table: Table) -> Settings:
    """EulerDiscreteScheduler(timestep_type="continuous"), which tells ln(sigma)/4 (Stable Video Diffusion)."""
    alphas = table()
    ends = [math.sqrt((1 - alpha) / alpha) for alpha in (alphas[0], alphas[-1])]
    given = (config.get("sigma_min"), config.get("sigma_max"))
    sigma_min, sigma_max = (end if value is None else value for value, end in zip(given, ends))
    return _preserving(sigma_min, sigma_max, "edm")


def _edm(config: _Config, table: Table) -> Settings:
    """Karras et al. 2022, table 1; v is -F, of data of unit variance that of alpha = 1/sqrt(1 + sigma^2)."""
    predicts, sigma_data = config.predicts("epsilon", "v_prediction"), config["sigma_data"]
    if predicts == "noise":
        process = {"kind": "ve", "sigma_min": config["sigma_min"], "sigma_max": config["sigma_max"]}
        return {"process": process, "predicts": "edm", "time": "edm", "data_std": sigma_data}
    if sigma_data != 1:
        config.refuse(f"prediction_type=v_prediction has no words for sigma_data other than 1, got {sigma_data}")
    return _preserving(config["sigma_min"], config["sigma_max"], "edm")


def _cosine_edm(config: _Config, table: Table) -> Settings:
    """The network is told 2/pi arctan(sigma) (Stable Audio)."""
    if config["prediction_type"] != "v_prediction" or config["sigma_data"] != 1:
        config.refuse("is described for prediction_type=v_prediction and sigma_data=1 only")
    return _preserving(config["sigma_min"], config["sigma_max"], "t")


def _ipndm(config: _Config, table: Table) -> Settings:
    """v and 2/pi arctan(s/alpha), whatever the betas (Dance Diffusion)."""
    settings = _preserving(0.0, 0.0, "t")
    settings["process"] = {"kind": "vp_cosine", "s": 0.0}
    return settings


def _score_sde_ve(config: _Config, table: Table) -> Settings:
    process = {"kind": "ve", "sigma_min": config["sigma_min"], "sigma_max": config["sigma_max"]}
    return {"process": process, "predicts": "score", "time": "sigma"}  # its pipeline tells sigma, not the scheduler's t


def _wuerstchen(config: _Config, table: Table) -> Settings:
    if config["scaler"] != 1:
        config.refuse(f"its time is bent by scaler={config['scaler']}; 1 is described")
    ends = [math.sqrt((1 - alpha) / alpha) for alpha in (0.9999, 0.0001)]  # where it holds alphas_cumprod
    process = {"kind": "vp_cosine", "s": config["s"], "sigma_min": ends[0], "sigma_max": ends[1]}
    return {"process": process, "predicts": "noise", "time": "t", "scale_input": "process"}


_CONSISTENCY = "is for consistency models, whose output is the end of a trajectory and not the mean of the data: no ODE to take steps on"
_DISTILLED = "is for distilled networks, whose output is a whole piece of a trajectory and no denoised sample"
_TOKENS = "is for discrete tokens, to which no Gaussian noise is added"

SCHEDULERS: dict[str, str | Callable[[_Config, Table], Settings]] = {
    **{
        f"{name}Scheduler": _discrete
        for name in (
            "DDIM", "DDIMInverse", "DDIMParallel", "DDPM", "DDPMParallel", "CogVideoXDDIM", "CogVideoXDPM", "DEISMultistep",
            "DPMSolverMultistep", "DPMSolverMultistepInverse", "DPMSolverSinglestep", "DPMSolverSDE", "EulerDiscrete",
            "EulerAncestralDiscrete", "HeunDiscrete", "KDPM2Discrete", "KDPM2AncestralDiscrete", "LMSDiscrete", "PNDM", "RePaint",
            "SASolver", "UnCLIP", "UniPCMultistep",
        )
    },  # fmt: skip
    "FlowMatchEulerDiscreteScheduler": _flow_match,
    "FlowMatchHeunDiscreteScheduler": _flow_match,
    "LTXEulerAncestralRFScheduler": _flow_match,
    "HeliosScheduler": _helios,
    "MiniMaxH3Scheduler": _minimax,
    "EDMEulerScheduler": _edm,
    "EDMDPMSolverMultistepScheduler": _edm,
    "CosineDPMSolverMultistepScheduler": _cosine_edm,
    "IPNDMScheduler": _ipndm,
    "ScoreSdeVeScheduler": _score_sde_ve,
    "DDPMWuerstchenScheduler": _wuerstchen,
    "LCMScheduler": _CONSISTENCY,
    "TCDScheduler": _CONSISTENCY,
    "CMStochasticIterativeScheduler": _CONSISTENCY,
    "ConsistencyDecoderScheduler": _CONSISTENCY,
    "SCMScheduler": _CONSISTENCY,
    "FlowMatchLCMScheduler": _CONSISTENCY,
    "FlowMapEulerDiscreteScheduler": "is for flow maps, which are told two times",
    "PiflowScheduler": _DISTILLED,
    "HeliosDMDScheduler": _DISTILLED,
    "AmusedScheduler": _TOKENS,
    "BlockRefinementScheduler": _TOKENS,
    "DiscreteDDIMScheduler": _TOKENS,
    "EntropyBoundScheduler": _TOKENS,
    "VQDiffusionScheduler": _TOKENS,
    "RFD4ProteinaScheduler": "is for one of two modalities, which its pipeline integrates side by side",
    "KarrasVeScheduler": "is of a network that its pipeline shows (x + 1)/2 and tells sigma/2, which no key describes",
    "ScoreSdeVpScheduler": "does not say which times its network is told",
}
