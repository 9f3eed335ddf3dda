#!/usr/bin/env python3
"""Export a PyTorch denoiser for Shockstep: the program as TorchScript or as a package of AOTInductor, and its YAML card.

    python tools/export.py my_package.nets:make --shape 1,28,28 --predicts noise --time index \\
        --process '{kind: vp_linear, beta_start: 1e-4, beta_end: 0.02, steps: 1000}' --scale-input process --out models/mine.pt
    python tools/export.py diffusers:PATH_OR_NAME --out models/ddpm.pt      UNet2DModel or DiT, settings from its scheduler
    shockstep sample models/mine.yaml                                       the card is a complete config

The factory is called without arguments (or with --arguments, JSON) and returns a torch.nn.Module with forward(x, time) or
forward(x, time, label); give --classes for the latter. A name .pt2 in --out makes a package of AOTInductor, which a C++
compiler compiles for this machine's processor or, with --device cuda, its GPU; any other name TorchScript. What was written
is loaded again and compared with the module at batches of 1, 3 and 8 rows: exit status 1 if they differ.
docs/models.md says which --predicts, --time, --scale-input and --process a network needs.
"""

import argparse
import importlib
import importlib.util
import json
import math
import pathlib
import sys

import torch

TRACED_ROWS = 2
CHECKED_ROWS = (1, 3, 8)


class FirstTensor(torch.nn.Module):
    """The first tensor of what a module returns in a tuple, a list or a dict."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, *arguments):
        value = self.module(*arguments)
        while not isinstance(value, torch.Tensor):
            value = next(iter(value.values() if isinstance(value, dict) else value))
        return value


class Diffusers(torch.nn.Module):
    """forward(x, time[, label]) of a diffusers model: one tensor, without the half of the channels that is a variance."""

    def __init__(self, model, labelled):
        super().__init__()
        self.model, self.labelled = model, labelled
        self.channels = model.config.in_channels

    def forward(self, x, time, label=None):
        arguments = {"class_labels": label} if self.labelled else {}
        return self.model(x, time, return_dict=False, **arguments)[0][:, : self.channels]


def reader():
    """The module's own reader of diffusers, which needs nothing of the package: it may not be built."""
    path = pathlib.Path(__file__).resolve().parents[1] / "src" / "python" / "shockstep" / "_diffusers.py"
    spec = importlib.util.spec_from_file_location("shockstep_diffusers", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scheduler_settings(read, scheduler, folder, stem):
    """What a diffusers scheduler says of its network. A table becomes a file."""
    table = lambda: scheduler.alphas_cumprod.double().tolist()
    settings = read.scheduler_settings(scheduler.config, table, read.class_name(scheduler))
    process = settings["process"]
    if "alphas_cumprod" in process:
        import numpy

        file = folder / f"{stem}.alphas_cumprod.npy"
        numpy.save(file, numpy.array(process["alphas_cumprod"]))
        process["alphas_cumprod"] = file.name
    process = ", ".join(f"{key}: {value}" for key, value in process.items())
    return settings | {"process": f"{{{process}}}"}


def from_diffusers(name, args):
    """The network of a diffusers pipeline, a folder or a name on the hub; fills in what args leaves open."""
    try:
        import diffusers
    except ImportError as error:
        sys.exit(f"export: diffusers: {error}; install it with pip install diffusers")
    try:
        index = diffusers.DiffusionPipeline.load_config(name)
    except OSError as error:
        sys.exit(f"export: {name}: no pipeline of diffusers: {first_line(error)}")
    part = next((p for p in ("unet", "transformer") if p in index), None)
    if part is None:
        sys.exit(f"export: {name}: has neither a unet nor a transformer")
    if "vae" in index or "text_encoder" in index:
        print("export: only the denoiser is exported; its samples are latents, or need embeddings", file=sys.stderr)
    model = getattr(diffusers, index[part][1]).from_pretrained(name, subfolder=part)
    scheduler = getattr(diffusers, index["scheduler"][1]).from_pretrained(name, subfolder="scheduler")
    read = reader()
    try:
        args.shape = args.shape or list(read.sample_shape(model))
        settings = scheduler_settings(read, scheduler, args.out.parent, args.out.stem)
    except read.Undescribed as error:
        sys.exit(f"export: {name}: {error}")
    args.classes = args.classes or model.config.get("num_class_embeds") or model.config.get("num_embeds_ada_norm") or 0
    for key, value in settings.items():
        if getattr(args, key) is None:
            setattr(args, key, value)
    return Diffusers(model, bool(args.classes))


def from_factory(name, args):
    module, _, factory = name.partition(":")
    if not factory:
        sys.exit(f"export: {name}: must be package.module:factory or diffusers:NAME")
    sys.path.insert(0, "")
    try:
        make = getattr(importlib.import_module(module), factory)
    except (ImportError, AttributeError) as error:
        sys.exit(f"export: {name}: {error}")
    return make(**args.arguments)


def times(args, rows):
    """Times that the network knows, spread over the rows."""
    if args.time in ("index", "index/N"):
        steps = args.steps or 1000
        values = torch.linspace(0, steps - 1, rows) / (steps if args.time == "index/N" else 1)
    elif args.time == "t":
        values = torch.linspace(0.02, 0.98, rows) * (args.time_scale or 1)
    else:
        log_sigma = torch.linspace(math.log(50), math.log(0.01), rows)
        values = {"sigma": log_sigma.exp(), "log_sigma": log_sigma, "edm": log_sigma / 4}[args.time]
    return values.to(args.device, args.dtype)


def inputs(args, rows, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, *args.shape, generator=generator).to(args.device, args.dtype)
    label = torch.randint(args.classes, (rows,), generator=generator).to(args.device) if args.classes else None
    return (x, times(args, rows)) if label is None else (x, times(args, rows), label)


def first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def write(module, args):
    """The file, and what runs it."""
    example = inputs(args, TRACED_ROWS, seed=0)
    try:
        module(*example)
    except Exception as error:
        sys.exit(f"export: the module fails for x of shape {list(example[0].shape)}: {first_line(error)}; see --shape and --classes")
    if args.out.suffix != ".pt2":
        try:
            torch.jit.save(torch.jit.trace(module, example, check_trace=False), str(args.out))
        except Exception as error:
            sys.exit(f"export: torch.jit.trace: {first_line(error)}; try --out NAME.pt2")
        return torch.jit.load(str(args.out), map_location=args.device)
    batch = torch.export.Dim("batch", min=1, max=2**16)
    try:
        exported = torch.export.export(module, example, dynamic_shapes=(tuple({0: batch} for _ in example),))
        torch._inductor.aoti_compile_and_package(exported, package_path=str(args.out))
    except Exception as error:
        sys.exit(f"export: AOTInductor: {first_line(error)}; try --out NAME.pt")
    return torch._inductor.aoti_load_package(str(args.out))


def largest_difference(module, program, args):
    """Over batches that differ from the traced one, relative to the largest value."""
    worst = 0.0
    for rows in CHECKED_ROWS:
        given = inputs(args, rows, seed=rows)
        want, got = (run(*(t.clone() for t in given)) for run in (module, program))
        if want.shape != given[0].shape:
            sys.exit(f"export: the module returns shape {list(want.shape)}, expected {list(given[0].shape)}: see --shape")
        if got.shape != want.shape:
            return math.inf
        worst = max(worst, ((got - want).abs().max() / want.abs().max()).item())
    return worst


def card(args, difference):
    kind = "aot_inductor" if args.out.suffix == ".pt2" else "torchscript"
    lines = [
        f"# {args.out.name}: {args.network}, exported with PyTorch {torch.__version__}, within {difference:.1e} of it.",
        "model:",
        f"  kind: {kind}",
        f"  path: {args.out.name}",
        f"  shape: [{', '.join(map(str, args.shape))}]",
        f"  predicts: {args.predicts}",
        f"  time: {args.time}",
    ]
    if args.time_scale:
        lines.append(f"  time_scale: {args.time_scale}")
    if args.scale_input:
        lines.append(f"  scale_input: {args.scale_input}")
    if args.classes:
        lines.append(f"  label: 0  # to {args.classes - 1}; or one per trajectory, a list or a .npy file")
    if args.data_std:
        lines.append(f"  data_std: {args.data_std}")
    lines += ["", f"process: {args.process}", "", f"run: {{dtype: {str(args.dtype).removeprefix('torch.')}, device: {args.device}}}"]
    return "\n".join(lines) + "\n"


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", help="package.module:factory, or diffusers:PATH_OR_NAME")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="NAME.pt: TorchScript; NAME.pt2: AOTInductor. NAME.yaml goes beside it")
    parser.add_argument("--shape", type=lambda s: [int(n) for n in s.split(",")], help="of one sample: 3,32,32")
    parser.add_argument("--predicts", help="denoised, noise, velocity, flow, score or edm; default denoised")
    parser.add_argument("--time", help="sigma, log_sigma, edm, t, index or index/N; default sigma, edm for what predicts edm")
    parser.add_argument("--time-scale", type=float, help="factor on --time t")
    parser.add_argument("--scale-input", choices=("none", "process"))
    parser.add_argument("--process", help="YAML of the process; default {kind: ve}")
    parser.add_argument("--steps", type=int, help="largest index + 1 for the check of --time index; default 1000")
    parser.add_argument("--classes", type=int, default=0, help="number of labels; 0: the network takes none")
    parser.add_argument("--data-std", type=float, help="standard deviation of the data; --predicts edm needs it")
    parser.add_argument("--weights", type=pathlib.Path, help="state dict to load into the module, as torch.save writes it")
    parser.add_argument("--arguments", type=json.loads, default={}, help="of the factory, as JSON")
    parser.add_argument("--dtype", choices=("float32", "float64", "float16", "bfloat16"), default="float32")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--tolerance", type=float, help="largest difference; default 1e-4, 1e-10 for float64, 3e-2 for half")
    return parser.parse_args()


def main():
    args = parse()
    source, _, name = args.network.partition(":")
    module = from_diffusers(name, args) if source == "diffusers" else from_factory(args.network, args)
    args.predicts = args.predicts or "denoised"
    args.time = args.time or ("edm" if args.predicts == "edm" else "sigma")
    args.process = args.process or "{kind: ve}"
    if not args.shape:
        sys.exit("export: --shape: missing; the shape of one sample, such as 3,32,32")
    if args.predicts == "edm" and not args.data_std:
        sys.exit("export: --data-std: missing; --predicts edm needs it")
    tolerance = args.tolerance or {"float64": 1e-10, "float32": 1e-4}.get(args.dtype, 3e-2)
    args.dtype = getattr(torch, args.dtype)
    if args.weights:
        module.load_state_dict(torch.load(args.weights, map_location="cpu", weights_only=True))
    module = FirstTensor(module).to(args.device, args.dtype).eval().requires_grad_(False)
    with torch.no_grad():
        difference = largest_difference(module, write(module, args), args)
    print(f"{args.out}: {sum(p.numel() for p in module.parameters())} parameters, within {difference:.1e} of the module")
    if not difference <= tolerance:
        sys.exit(f"export: {args.out}: differs from the module by more than {tolerance}: the program that was traced depends on "
                 "its inputs' values or batch; try the other format")
    config = args.out.with_suffix(".yaml")
    config.write_text(card(args, difference))
    print(f"{config}: shockstep sample {config}")


if __name__ == "__main__":
    main()
