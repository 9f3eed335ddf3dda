#include "stepper/linear_row.hpp"

#include <algorithm>
#include <cassert>

namespace shockstep {

ValueHistory::ValueHistory(const GridPlan& plan, std::size_t d) {
  int most = 0;
  for (const auto* steps : {&plan.predict, &plan.correct})
    for (const LinearStep& step : *steps) most = std::max(most, step.values);
  values_.assign(static_cast<std::size_t>(most), std::vector<double>(d));
}

std::vector<double>& ValueHistory::push() {
  std::rotate(values_.begin(), values_.end() - 1, values_.end());
  count_ = std::min(count_ + 1, values_.size());
  return values_.front();
}

void ValueHistory::combine(const LinearStep& step, std::span<const double> x, std::span<double> out) const {
  assert(static_cast<std::size_t>(step.values) <= count_);
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = step.decay * x[i];
  for (std::size_t k = 0; k < static_cast<std::size_t>(step.values); ++k) {
    const double weight = step.weights[k];
    const std::vector<double>& value = values_[k];
    for (std::size_t i = 0; i < x.size(); ++i) out[i] += weight * value[i];
  }
}

void ExplicitRow::start() {
  GridRow::start();
  values_.clear();
}

double ExplicitRow::request(std::span<double> point) {
  std::copy(x_.begin(), x_.end(), point.begin());
  return sigma(node_);
}

bool ExplicitRow::receive(std::span<const double>, std::span<const double> D) {
  keep_denoised(D);
  if (at_last()) return false;
  auto& value = values_.push();
  for (std::size_t i = 0; i < D.size(); ++i) value[i] = plan_.noise ? (x_[i] - D[i]) / sigma(node_) : D[i];
  values_.combine(plan_.predict[node_], x_, x_);
  add_noise(x_);
  ++node_;
  evaluated_ = false;
  return true;
}

void CorrectedRow::start() {
  GridRow::start();
  values_.clear();
}

double CorrectedRow::request(std::span<double> point) {
  if (!evaluated_) {
    std::copy(x_.begin(), x_.end(), point.begin());
    return sigma(node_);
  }
  values_.combine(plan_.predict[node_], x_, point);
  add_noise(point);
  return sigma(node_ + 1);
}

bool CorrectedRow::receive(std::span<const double>, std::span<const double> D) {
  const bool step = evaluated_;
  keep_denoised(D);
  std::copy(D.begin(), D.end(), values_.push().begin());
  if (!step) return false;
  values_.combine(plan_.correct[node_], x_, x_);
  add_noise(x_);
  ++node_;
  return true;
}

}  // namespace shockstep
