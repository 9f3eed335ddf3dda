/// F of all pilot rows together, as a fit of a solver asks for it.
#pragma once

#include <shockstep/batched_model.hpp>
#include <shockstep/score_model.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shockstep {

/// [rows, d], one row behind the other.
using PilotRows = std::vector<double>;

/// sum += weight x
void add(PilotRows& sum, double weight, const PilotRows& x);

class PilotField {
 public:
  /// s: of the data, data units.
  PilotField(const ScoreModel& model, int rows, double s);

  std::size_t rows() const { return model_.capacity(); }
  std::size_t dimension() const { return d_; }
  double data_std() const { return s_; }
  /// y = x/sqrt(sigma^2 + s^2) of the pilot's latents at sigma (pilot.hpp).
  PilotRows start(double sigma) const;
  /// F (stepper.hpp) at y. Throws ModelError where the model fails or is not finite.
  PilotRows operator()(const PilotRows& y, double sigma);
  /// D that this F is.
  PilotRows denoised(const PilotRows& F, const PilotRows& y, double sigma) const;
  /// Rows computed.
  std::int64_t evaluations() const { return model_.cost().model_capacity; }

 private:
  BatchedModel model_;
  std::size_t d_;
  double s_;
};

}  // namespace shockstep
