/// The field f of a score f(x)/sigma in the plane, and where it stands still.
#pragma once

#include "paper/numbers.hpp"

#include <array>
#include <vector>

namespace shockstep::paper {

struct Stationary {
  std::array<double, 2> x;
  std::array<double, 2> rates;      // eigenvalues of df/dx, ascending
  std::array<double, 2> direction;  // of the larger
  bool stable() const { return rates[1] < 0; }
  int index() const { return (rates[0] > 0) + (rates[1] > 0); }  // unstable directions
};

/// f = sigma times the mixture's score at sigma, at points x [n, 2].
Values field(const GaussianMixture& mixture, const Values& x, double sigma);

/// Newton's method on f from a grid of starts; each zero once.
std::vector<Stationary> stationary_points(const GaussianMixture& mixture, double sigma);

/// The index of the zero nearest to (x, y).
std::size_t nearest(const std::vector<Stationary>& points, double x, double y);

}  // namespace shockstep::paper
