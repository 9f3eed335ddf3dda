/// Analyses of any model, network or exact: where trajectories decide, which clusters part when, whether D is the
/// denoiser that a score belongs to, and what it has learnt by heart. docs/inspect.md has the definitions.
#pragma once

#include <shockstep/inspect_options.hpp>
#include <shockstep/inspection.hpp>
#include <shockstep/sampler.hpp>

namespace shockstep {

class GaussianMixture;

/// What is analysed, and what it is compared with.
struct InspectRequest {
  InspectOptions options{};  ///< which sections, and how large
  std::uint64_t seed = 0;    ///< of the trajectories and of the random directions and starts
  int batch = 256;           ///< rows in one model call
  int threads = 0;           ///< as of SampleRequest
  /// A network computes in float32 or less: x and D of the mixture it is compared with are rounded so, too.
  bool float32 = true;
  at::Tensor data{};             ///< [n, *shape] float64, the training data; undefined: none
  at::Tensor labels{};           ///< [n] of any type, the class of each datum; undefined: none
  at::Tensor held_out{};         ///< [m, *shape] float64, data not trained on; undefined: the second half of data
  Observer* observer = nullptr;  ///< progress and cancelled
};

/// What was found, and the tensors that belong to it.
struct InspectResult {
  Inspection found;    ///< numbers, by section
  at::Tensor samples;  ///< [count, *shape] float64: the trajectories of section speciation, or stationary
  /// A mixture at the clusters with their pooled covariance; null where the clusters were not reached, and of a score that
  /// is a product.
  std::shared_ptr<const GaussianMixture> mixture;
};

/// The settings that inspect samples with: the probability flow, adaptive steps, the guard and its events on,
/// whatever these say; multistep in the place of a method that needs a grid.
SamplerOptions inspect_sampler(SamplerOptions options);

/// Follows the probability flow as inspect_sampler() says. What is found of an exact model does not depend on batch
/// and threads, but for the last bits of the fitted profiles, which are LAPACK's. Throws ConfigError for a request
/// that does not fit the model, ModelError if D is not finite. Cancelled, it returns what is done.
InspectResult inspect(const ModelPtr& model, const Process& process, const SamplerOptions& sampler,
                      const InspectRequest& request);

}  // namespace shockstep
