/// Classifier-free guidance: D of what a network answers with its conditions and without.
#pragma once

#include <shockstep/models/network.hpp>

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace shockstep {

/// Throws ConfigError for settings that are wrong whatever the network.
void check_guidance(const NetworkOptions& options);

/// Whether there is a half without conditions.
bool guides(const NetworkOptions& options);
/// Whether both halves go through the network in one call.
bool in_one_call(const Guidance& guidance);
/// What of it makes another denoiser, in words.
std::string guidance_text(const NetworkOptions& options);

/// sigma of the ends of the interval, descending, at which D jumps; empty: there is none.
std::vector<double> guidance_ends(const NetworkOptions& options);

/// Which rows are guided, [B] bool.
at::Tensor guided_rows(const Guidance& guidance, const at::Tensor& sigma);
/// D [B, *shape] of the answers F of both halves. `denoised`: D of F, affine in it. `acts`: guided_rows().
at::Tensor guided(const Guidance& guidance, const at::Tensor& with, const at::Tensor& without, const at::Tensor& sigma,
                  const at::Tensor& acts, const std::function<at::Tensor(const at::Tensor& F)>& denoised);

}  // namespace shockstep
