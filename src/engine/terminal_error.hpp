/// How far samples ended from where they should have.
#pragma once

#include <shockstep/comparison_result.hpp>
#include <shockstep/score_model.hpp>

namespace shockstep {

/// `samples` and `reference`: [count, *shape] float64. Wrong modes are counted where the model knows its modes.
ErrorStatistics terminal_error(const at::Tensor& samples, const at::Tensor& reference, const ScoreModel& model,
                               double sigma_min);

}  // namespace shockstep
