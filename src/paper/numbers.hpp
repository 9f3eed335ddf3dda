/// Models at many points, and the few numerical tools that the analyses share.
#pragma once

#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/tensor_values.hpp>

#include "paper/analysis.hpp"

#include <functional>

namespace shockstep::paper {

Values linspace(double from, double to, int n);
Values logspace(double from, double to, int n);

/// Points x [n, d], one after the other, as a tensor; shockstep::values is the way back.
at::Tensor rows(const Values& x, std::int64_t d);
at::Tensor level(std::int64_t n, double sigma);

/// D(x, sigma) of each row, and the score (D - x)/sigma^2 that follows from it.
Values denoised(const ScoreModel& model, const Values& x, double sigma);
Values score(const ScoreModel& model, const Values& x, double sigma);
/// grad s = (dD/dx - I)/sigma^2 of each row, [n, d, d], from the mixture's Jacobian.
Values score_gradient(const GaussianMixture& model, const Values& x, double sigma);
/// Score of a model on a line, at one point.
double score_at(const ScoreModel& model, double x, double sigma);

double largest(const Values& values);                 ///< of |values|
double difference(const Values& a, const Values& b);  ///< largest |a - b| over the largest |b|
/// Least-squares slope of ln |y| against ln x: the order of y.
double order_of(const Values& x, const Values& y);
/// Least-squares slope of y against x.
double slope_of(const Values& x, const Values& y);

/// The root of f between a and b, where its sign differs, to the last bits.
double root(const std::function<double(double)>& f, double a, double b);

/// f' at x by the central difference of order 6: error h^6 f^(7)/140 and rounding 1.5 eps |f|/h.
template <class F>
double derivative(F f, double x, double h) {
  return (45 * (f(x + h) - f(x - h)) - 9 * (f(x + 2 * h) - f(x - 2 * h)) + (f(x + 3 * h) - f(x - 3 * h))) / (60 * h);
}
/// f'' at x, order 6: error h^6 f^(8)/560 and rounding about 5 eps |f|/h^2.
template <class F>
double second_derivative(F f, double x, double h) {
  return (270 * (f(x + h) + f(x - h)) - 27 * (f(x + 2 * h) + f(x - 2 * h)) + 2 * (f(x + 3 * h) + f(x - 3 * h)) -
          490 * f(x)) /
         (180 * h * h);
}

}  // namespace shockstep::paper
