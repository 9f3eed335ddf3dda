/// How far samples ended from where they should have.
#pragma once

#include <shockstep/comparison_result.hpp>
#include <shockstep/score_model.hpp>

namespace shockstep {

/// `samples` and `reference`: [count, *shape] float64. Modes are known where the model is a Gaussian mixture.
ErrorStatistics terminal_error(const at::Tensor& samples, const at::Tensor& reference, const ScoreModel& model,
                               double sigma_min);

}  // namespace shockstep
