/// Where the trajectories of a request start: latents drawn, given, or between two of these, and the data they are added to.
#pragma once

#include <shockstep/process.hpp>
#include <shockstep/sampler.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace shockstep {

/// Unit-variance latents of a trajectory.
using Latents = std::function<void(std::int64_t trajectory, std::span<double> out)>;

/// Those of request.seed, or request.noise, and with request.interpolate the points between. `shape`: of a sample. Throws
/// ConfigError naming the field that does not fit.
Latents starting_latents(const SampleRequest& request, const std::vector<std::int64_t>& shape);

/// The datum of request.init that each trajectory starts from.
class InitRows {
 public:
  /// Throws ConfigError unless request.init is [count or 1, *shape] and finite.
  InitRows(const SampleRequest& request, const std::vector<std::int64_t>& shape);

  const double* row(std::int64_t trajectory) const {
    return data_.const_data_ptr<double>() + (data_.size(0) == 1 ? 0 : (trajectory - first_) * d_);
  }

 private:
  at::Tensor data_;
  std::int64_t first_, d_;
};

/// (init + sigma n)/sigma: the latents that, times sigma, are the noised datum.
Latents on_data(Latents latents, InitRows init, double sigma);

/// Where a trajectory of that strength starts: lam_s = lam_begin + (1 - S)(lam_end - lam_begin), sigma_max for 1.
double starting_sigma(const Process& process, double strength);

/// request.strength or its default. Throws ConfigError if it, or the mask, lacks its init or is out of range.
double checked_strength(const SampleRequest& request);

}  // namespace shockstep
