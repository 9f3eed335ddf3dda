/// Data to latents, and their likelihood: the probability flow taken upwards.
#pragma once

#include <shockstep/encode_options.hpp>
#include <shockstep/sampler.hpp>

#include <cstdint>
#include <vector>

namespace shockstep {

/// Which data to encode, and with what means.
struct EncodeRequest {
  at::Tensor data{};       ///< [n, *shape] float64, data units
  std::int64_t first = 0;  ///< number of the first datum: its noise and directions are those of (seed, number)
  std::uint64_t seed = 0;  ///< key of that noise and of the trace's random directions
  int batch = 256;         ///< rows in one model call
  int threads = 0;         ///< as of SampleRequest
  /// Told of each datum as of a trajectory whose sample is the latent; null: nobody is. Not kept beyond the call.
  Observer* observer = nullptr;
};

/// What became of each datum: row i of every member is datum first + i.
struct EncodeResult {
  at::Tensor latents;  ///< [n, *shape] float64, x(sigma_max)/sigma_max: noise for Sampler; NaN where it failed
  std::vector<TrajectoryReport> reports;  ///< one per datum, in order; probes: evaluations of the trace
  /// ln p_sigma_min at the datum with its noise added, p in data units to the power -d; NaN where the datum failed, as
  /// its status says, and with Likelihood::off.
  std::vector<double> log_likelihood;
  std::vector<double> standard_error;    ///< of the trace's random directions; 0: exact
  std::vector<double> quadrature_error;  ///< estimated, of the integral over the steps
  RunStatistics statistics;              ///< over the data that were started

  /// Root mean square of the latents that arrived: 1 for data that the model knows.
  double latent_rms() const;
};

/// Takes data from sigma_min up to sigma_max along dx/dlam = D - x and integrates d ln p/dlam = d - tr(dD/dx) on the
/// way: Chen et al. 2018; Song et al. 2021 (arXiv 2011.13456), section 4.3; docs/encode.md. Holds no state between
/// calls, like Sampler.
class Encoder {
 public:
  /// Steps are chosen as Sampler chooses them, with the same profile: an error made at lam on the way up comes back
  /// multiplied by the same gain G(lam) on the way down. Throws ConfigError naming the option that is wrong: a fixed
  /// grid, a method other than multistep, the reverse SDE, fewer than two probes of hutchinson. `observer`: as of a
  /// Sampler.
  Encoder(ModelPtr model, const Process& process, const SamplerOptions& options = {}, const EncodeOptions& encode = {},
          Observer* observer = nullptr);

  /// Throws ConfigError if the data do not fit the model. A datum that fails has a status, not an exception.
  ///
  /// ln p_max at the end is exact where the model knows its density, else that of N(mean, (sigma_max^2 + data_std^2) I) with D(0,
  /// sigma_max) for the mean: right to (data_std/sigma_max)^2.
  EncodeResult encode(const EncodeRequest& request) const;

  /// The sampler of these settings, whose profile the steps here use. Its sample() takes latents back down, without
  /// events.
  const Sampler& sampler() const { return sampler_; }
  /// Directions of the trace, each of them two evaluations a step; 0: no likelihood.
  int directions() const;
  /// Whether the directions are all coordinates, not random ones: then the trace has no standard error.
  bool exact_trace() const { return likelihood_ == Likelihood::exact; }

 private:
  std::vector<double> log_prior(const at::Tensor& x, const EncodeRequest& request, RunStatistics& cost) const;

  Sampler sampler_;
  ModelPtr model_;
  EncodeOptions encode_;
  Likelihood likelihood_;  // resolved
};

}  // namespace shockstep
