/// How wrong a trained network may be, and still be what it is said to be.
#pragma once

#include <shockstep/process.hpp>
#include <shockstep/score_model.hpp>

#include "model/network.hpp"
#include "model/parametrisation.hpp"

#include <algorithm>
#include <optional>

namespace shockstep {

/// A network errs by a share of its own answer. D = skip x + out F: where F is the noise, out is -sigma, and at sigma 150 an error of a
/// hundredth of F is one of 1.5 in D, which the steps to come forget. Below the scale of the data nothing is forgiven: errors there
/// stay.
class TrainedError {
 public:
  TrainedError(const ScoreModel& model, const Process& process) {
    if (const NetworkOptions* options = network_options(model)) parametrisation_.emplace(*options, process);
  }

  /// What the network's part of D is made of: D - skip x.
  double skip(double sigma) const { return parametrisation_ ? parametrisation_->at(sigma).skip : 0; }

  /// Root mean square over coordinates that is forgiven in D. `part`: of D - skip x; `scale`: of the data.
  static double allowed(double part, double sigma, double scale) {
    return sigma > scale ? share * std::min(part, sigma) : 0;
  }

 private:
  static constexpr double share = .1;

  std::optional<Parametrisation> parametrisation_;
};

}  // namespace shockstep
