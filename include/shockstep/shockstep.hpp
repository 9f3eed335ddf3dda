/// Everything a program that embeds the sampler needs.
#pragma once

#include <shockstep/abilities.hpp>
#include <shockstep/asked_run.hpp>
#include <shockstep/batched_model.hpp>
#include <shockstep/calibrate.hpp>
#include <shockstep/comparison.hpp>
#include <shockstep/encoder.hpp>
#include <shockstep/error.hpp>
#include <shockstep/fit_check.hpp>
#include <shockstep/grid.hpp>
#include <shockstep/inspect.hpp>
#include <shockstep/model_scales.hpp>
#include <shockstep/models/aot_inductor.hpp>
#include <shockstep/models/double_well.hpp>
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/models/multiplicative.hpp>
#include <shockstep/models/point_cloud.hpp>
#include <shockstep/models/torchscript.hpp>
#include <shockstep/sampler.hpp>

#include <ATen/core/Formatting.h>  // std::cout << result.samples

/// @namespace shockstep
/// The canonical frame: x = x0 + sigma n with n standard normal and sigma in data units, lam = -ln sigma, and
/// D(x, sigma) = E[x0 | x]. Tensors that are taken and returned are float64 on the CPU, one sample a row, where nothing
/// else is said. An evaluation is D of one row.
