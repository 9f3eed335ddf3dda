#include "stepper/node_integral.hpp"

#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <cmath>

namespace shockstep {

using Gauss7 = boost::math::quadrature::gauss<double, 7>;  // exact for the polynomials here

NodeIntegral::NodeIntegral(std::size_t functions) : functions_(functions), integrals_(functions) {
  for (auto& v : values_) v.resize(functions);
}

double NodeIntegral::add(double t, std::span<const double> values) {
  std::rotate(t_.begin(), t_.end() - 1, t_.end());
  std::rotate(values_.begin(), values_.end() - 1, values_.end());
  t_[0] = t;
  std::copy(values.begin(), values.end(), values_[0].begin());
  count_ = std::min(count_ + 1, most);
  if (count_ == 1) {
    std::fill(integrals_.begin(), integrals_.end(), 0.);
    error_ = 0;
    return 0;
  }
  const auto weights = [&](std::size_t nodes) {
    std::array<double, most> w{};
    for (std::size_t j = 0; j < nodes; ++j)
      w[j] = Gauss7::integrate(
          [&](double s) {
            double basis = 1;
            for (std::size_t k = 0; k < nodes; ++k)
              if (k != j) basis *= (s - t_[k]) / (t_[j] - t_[k]);
            return basis;
          },
          t_[1], t_[0]);
    return w;
  };
  const auto all = weights(count_), fewer = weights(count_ - 1);
  double change = 0;
  for (std::size_t f = 0; f < functions_; ++f)
    for (std::size_t j = 0; j < count_; ++j) {
      integrals_[f] += all[j] * values_[j][f];
      change += (all[j] - fewer[j]) * values_[j][f];
    }
  change = std::abs(change) / static_cast<double>(functions_);
  error_ += change;
  return change;
}

}  // namespace shockstep
