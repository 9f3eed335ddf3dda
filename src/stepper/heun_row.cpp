#include "stepper/heun_row.hpp"

#include <algorithm>

namespace shockstep {

double HeunRow::request(std::span<double> point) {
  if (!evaluated_) {
    std::copy(x_.begin(), x_.end(), point.begin());
    return sigma(node_);
  }
  for (std::size_t i = 0; i < x_.size(); ++i) point[i] = x_[i] + length() * slope_[i];
  return sigma(node_ + 1);
}

bool HeunRow::receive(std::span<const double> point, std::span<const double> D) {
  if (!evaluated_) {
    keep_denoised(D);
    for (std::size_t i = 0; i < x_.size(); ++i) slope_[i] = (x_[i] - D[i]) / sigma(node_);
    return false;
  }
  for (std::size_t i = 0; i < x_.size(); ++i)
    x_[i] += .5 * length() * (slope_[i] + (point[i] - D[i]) / sigma(node_ + 1));
  ++node_;
  evaluated_ = false;
  return true;
}

}  // namespace shockstep
