/// What a network is told and what its answer means, at one noise level: numbers only, no tensors.
#pragma once

#include <shockstep/models/network.hpp>

namespace shockstep {

/// D = skip xhat + out F(in xhat, time).
struct Preconditioning {
  double in, time, skip, out;
};

class Parametrisation {
 public:
  /// Throws ConfigError "model.key" for options that the process cannot serve.
  Parametrisation(const NetworkOptions& options, const Process& process);

  Preconditioning at(double sigma) const;

 private:
  double index(double sigma) const;  ///< told whole where it is whole
  double time(double sigma) const;

  Predicts predicts_;
  TimeInput time_input_;
  double time_scale_, data_std_;
  bool scaled_, noise_minus_data_;
  Process process_;
};

}  // namespace shockstep
