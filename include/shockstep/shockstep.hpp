/// Everything a program that embeds the sampler needs.
#pragma once

#include <shockstep/calibrate.hpp>
#include <shockstep/comparison.hpp>
#include <shockstep/encoder.hpp>
#include <shockstep/error.hpp>
#include <shockstep/fit_check.hpp>
#include <shockstep/inspect.hpp>
#include <shockstep/models/aot_inductor.hpp>
#include <shockstep/models/double_well.hpp>
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/models/multiplicative.hpp>
#include <shockstep/models/point_cloud.hpp>
#include <shockstep/models/torchscript.hpp>
#include <shockstep/sampler.hpp>
