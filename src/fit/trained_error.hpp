/// How wrong a trained network may be, and still be what it is said to be.
#pragma once

#include <shockstep/precision.hpp>
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
  TrainedError(const ScoreModel& model, const Process& process) : rounding_(roundings * epsilon(model)) {
    if (const NetworkOptions* options = network_options(model)) parametrisation_.emplace(*options, process);
  }

  /// What the network's part of D is made of: D - skip x.
  double skip(double sigma) const { return parametrisation_ ? parametrisation_->at(sigma).skip : 0; }

  /// Root mean square over coordinates that is forgiven in D. `part`: of D - skip x; `scale`: of the data.
  double allowed(double part, double sigma, double scale) const {
    return std::max(sigma > scale ? share * std::min(part, sigma) : 0, rounded(part));
  }
  /// Root mean square over coordinates of the rounding in D that is forgiven at any sigma.
  double rounded(double part) const { return rounding_ * part; }

 private:
  static constexpr double share = .1;
  static constexpr double roundings = 2;  // of what a network takes, returns and has in between, in units of eps

  double rounding_;

  std::optional<Parametrisation> parametrisation_;
};

}  // namespace shockstep
