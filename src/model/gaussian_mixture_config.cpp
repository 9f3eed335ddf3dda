#include "core/npy.hpp"
#include "model/factories.hpp"

#include <shockstep/models/gaussian_mixture.hpp>

#include <ATen/ops/empty.h>

#include <algorithm>

namespace shockstep {
namespace {

// Numbers in the config or a .npy file.
at::Tensor read(Section& section, const std::string& key) {
  auto [shape, values] = section.is_text(key) ? [&] {
    auto file = read_npy(section.path(key));
    return Section::Array{std::move(file.shape), std::move(file.values)};
  }()
                                              : section.array(key);
  auto out = at::empty(shape, at::kDouble);
  std::ranges::copy(values, out.mutable_data_ptr<double>());
  return out;
}

}  // namespace

ModelPtr gaussian_mixture_from(Section& section, const ModelContext&) {
  GaussianMixtureOptions options{.means = read(section, "means")};
  if (section.has("covariances")) options.covariances = read(section, "covariances");
  if (section.has("std") || !section.has("covariances")) options.stds = read(section, "std");
  if (section.has("weights")) options.weights = read(section, "weights");
  if (options.means.dim() == 1) options.means = options.means.unsqueeze(1);  // points on a line
  for (const char* key : {"std", "covariances", "weights"}) section.ignore(key);
  try {
    return std::make_shared<GaussianMixture>(options);
  } catch (const ConfigError& e) {  // knows neither the file nor where in it the model stands
    section.fail(e.key(), std::string(e.what()).substr(e.key().size() + 2));
  }
}

}  // namespace shockstep
