#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/registry.hpp>

#include "core/placed.hpp"
#include "model/section_tensor.hpp"

namespace shockstep::models {
namespace {

ModelPtr gaussian_mixture_from(Section& section, const ModelContext&) {
  GaussianMixtureOptions options{.means = section_tensor(section, "means")};
  if (section.has("covariances")) options.covariances = section_tensor(section, "covariances");
  if (section.has("std") || !section.has("covariances")) options.stds = section_tensor(section, "std");
  if (section.has("weights")) options.weights = section_tensor(section, "weights");
  if (options.means.dim() == 1) options.means = options.means.unsqueeze(1);  // points on a line
  for (const char* key : {"std", "covariances", "weights"}) section.ignore(key);
  return placed(section, [&] { return std::make_shared<GaussianMixture>(options); });
}

}  // namespace

extern const ModelKind gaussian_mixture{"gaussian_mixture", "exact score of a mixture of Gaussians",
                                        "{kind: gaussian_mixture, means: [[-1, 0], [1, 0]], std: 0.1}",
                                        gaussian_mixture_from};

}  // namespace shockstep::models
