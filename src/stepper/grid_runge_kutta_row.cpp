#include "stepper/grid_runge_kutta_row.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {

void GridRungeKuttaRow::start() {
  GridRow::start();
  runge_kutta_.reset();
}

double GridRungeKuttaRow::request(std::span<double> point) {
  if (!evaluated_) {
    std::copy(x_.begin(), x_.end(), point.begin());
    return sigma(node_);
  }
  if (!runge_kutta_.under_way()) {
    const double lam = -std::log(sigma(node_)), h = std::log(sigma(node_) / sigma(node_ + 1));
    runge_kutta_.begin(x_, denoised_, lam, h);
    end_ = lam + h;
  }
  const double lam = runge_kutta_.request(point);
  // The end is the node itself: rounding of exp must not leave the range.
  return lam >= end_ ? sigma(node_ + 1) : std::clamp(std::exp(-lam), sigma(node_ + 1), sigma(node_));
}

bool GridRungeKuttaRow::receive(std::span<const double> point, std::span<const double> D) {
  if (!evaluated_) {
    keep_denoised(D);
    return false;
  }
  const bool whole = runge_kutta_.receive(point, D);
  const bool last = node_ + 2 == plan_.sigmas.size() && plan_.final == Final::keep;  // D at its end is not wanted
  if (!whole && !(last && runge_kutta_.at_end())) return false;
  std::copy(runge_kutta_.end().begin(), runge_kutta_.end().end(), x_.begin());
  ++node_;
  evaluated_ = whole;
  if (whole) keep_denoised(D);
  runge_kutta_.reset();
  return true;
}

}  // namespace shockstep
