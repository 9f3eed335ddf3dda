#include "model/factories.hpp"
#include "model/section_tensor.hpp"

#include <shockstep/models/gaussian_mixture.hpp>

namespace shockstep {

ModelPtr gaussian_mixture_from(Section& section, const ModelContext&) {
  GaussianMixtureOptions options{.means = section_tensor(section, "means")};
  if (section.has("covariances")) options.covariances = section_tensor(section, "covariances");
  if (section.has("std") || !section.has("covariances")) options.stds = section_tensor(section, "std");
  if (section.has("weights")) options.weights = section_tensor(section, "weights");
  if (options.means.dim() == 1) options.means = options.means.unsqueeze(1);  // points on a line
  for (const char* key : {"std", "covariances", "weights"}) section.ignore(key);
  return placed(section, [&] { return std::make_shared<GaussianMixture>(options); });
}

}  // namespace shockstep
