/// The noising process, seen from the canonical frame.
///
/// Inside, every process is variance exploding: x = x0 + sigma n, integrated in lam = -ln sigma from sigma_max down to
/// sigma_min. Any process x_t = alpha x0 + s n maps to it by xhat = x/alpha, sigma = s/alpha; a process therefore is the
/// range in sigma plus the native time and the alpha that belong to each sigma.
#pragma once

#include <functional>
#include <string>

namespace shockstep {

/// Variance exploding (also EDM): alpha = 1 and the native time is sigma itself. Song et al. 2021, Karras et al. 2022.
struct VarianceExploding {
  double sigma_min = 0.002;  ///< end of the integration, data units, positive
  double sigma_max = 80;     ///< start of the integration, data units, above sigma_min
};

/// A process as the engine uses it. Throws ConfigError for an empty or non-positive range.
class Process {
 public:
  Process(const VarianceExploding& ve);  // NOLINT(google-explicit-constructor): a VarianceExploding is a Process

  const std::string& kind() const { return kind_; }
  double sigma_min() const { return sigma_min_; }
  double sigma_max() const { return sigma_max_; }
  double lam_begin() const;  ///< -ln sigma_max
  double lam_end() const;    ///< -ln sigma_min, larger than lam_begin

  /// Native time of the process at noise level sigma.
  double time(double sigma) const { return time_(sigma); }
  /// Factor on the data at noise level sigma; 1 where the native frame is the canonical one.
  double alpha(double sigma) const { return alpha_(sigma); }

 private:
  std::string kind_;
  double sigma_min_ = 0, sigma_max_ = 0;
  std::function<double(double)> time_, alpha_;
};

}  // namespace shockstep
