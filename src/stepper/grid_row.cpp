#include "stepper/grid_row.hpp"

#include "stepper/grid_runge_kutta_row.hpp"
#include "stepper/heun_row.hpp"
#include "stepper/linear_row.hpp"

#include <algorithm>

namespace shockstep {

void GridRow::keep_denoised(std::span<const double> D) {
  std::copy(D.begin(), D.end(), denoised_.begin());
  evaluated_ = true;
}

void GridRow::add_noise(std::span<double> end) const {
  for (std::size_t i = 0; i < noise_.size(); ++i) end[i] += noise_[i];
}

std::unique_ptr<GridRow> make_grid_row(const GridPlan& plan, std::size_t d) {
  if (is_runge_kutta(plan.method)) return std::make_unique<GridRungeKuttaRow>(plan, d);
  if (plan.method == Method::heun) return std::make_unique<HeunRow>(plan, d);
  if (corrects(plan.method)) return std::make_unique<CorrectedRow>(plan, d);
  return std::make_unique<ExplicitRow>(plan, d);
}

}  // namespace shockstep
