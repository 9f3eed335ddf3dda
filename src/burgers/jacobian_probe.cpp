#include "burgers/jacobian_probe.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace shockstep {
namespace {

constexpr double path_share = .1;  // weight of the last change of D beside the direction already known
constexpr int compared = 3;  // products whose pairs tell of asymmetry: later ones are coupled to their neighbours alone
constexpr double converged = .98;  // theta/|J z| at which z counts as the eigenvector

/// The largest eigenvalue of the leading n x n block of a symmetric matrix with its vector, by Jacobi's rotations, and the next one, 0 if
/// there is none.
template <std::size_t N>
std::pair<double, double> top_eigenpair(std::array<std::array<double, N>, N> A, int n, std::array<double, N>& vector) {
  std::array<std::array<double, N>, N> Q{};
  for (int i = 0; i < n; ++i) Q[i][i] = 1;
  for (int sweep = 0; sweep < 12; ++sweep)
    for (int p = 0; p < n; ++p)
      for (int q = p + 1; q < n; ++q) {
        if (std::abs(A[p][q]) <= 1e-15 * (std::abs(A[p][p]) + std::abs(A[q][q]))) continue;
        const double theta = .5 * std::atan2(2 * A[p][q], A[q][q] - A[p][p]);
        const double c = std::cos(theta), s = std::sin(theta);
        for (int k = 0; k < n; ++k) {
          const double a = A[k][p], b = A[k][q];
          A[k][p] = c * a - s * b, A[k][q] = s * a + c * b;
        }
        for (int k = 0; k < n; ++k) {
          const double a = A[p][k], b = A[q][k];
          A[p][k] = c * a - s * b, A[q][k] = s * a + c * b;
          const double e = Q[k][p], f = Q[k][q];
          Q[k][p] = c * e - s * f, Q[k][q] = s * e + c * f;
        }
      }
  int top = 0;
  for (int i = 1; i < n; ++i)
    if (A[i][i] > A[top][top]) top = i;
  double second = n > 1 ? -std::numeric_limits<double>::infinity() : 0;
  for (int i = 0; i < n; ++i) {
    vector[i] = Q[i][top];
    if (i != top) second = std::max(second, A[i][i]);
  }
  return {A[top][top], second};
}

/// J from its quotient theta along z, by the largest eigenvalue of [[theta, r], [r, second]]: the residual J z - theta z, of length r, is a
/// direction outside of the products' space, taken to grow as the second of those inside.
double beside_residual(double theta, double second, double r2) {
  const double half = .5 * (theta - second);
  return theta - half + std::sqrt(half * half + std::max(r2, 0.));
}

}  // namespace

JacobianProbe::JacobianProbe(State& state, double difference)
    : state_(state), difference_(difference), base_(state.make()), direction_(state.make()), denoised_(state.make()) {
  for (Vector& v : v_) v = state.make();
  for (Vector& w : w_) w = state.make();
}

void JacobianProbe::reset(std::int64_t trajectory) {
  trajectory_ = trajectory;
  measured_ = 0;
  known_ = false;
}

Task<> JacobianProbe::measure(Node node, double random_share, Effort effort, int& evaluations) {
  const int products = std::min<int>({effort.products, max_products, static_cast<int>(state_.dimension())});
  asymmetry2_ = 0;
  co_await state_.set(base_, node.predicted);
  co_await first_direction(node, random_share);
  for (done_ = 0; done_ < products;) {
    // One more product w = J v.
    const auto n = static_cast<std::size_t>(done_);
    offsets_[n] =
        co_await jacobian_product(state_, {base_, node.corrected, node.D, node.sigma}, v_[n], w_[n], difference_);
    ++evaluations;
    // T = V^T J V, symmetrised: the Jacobian of an exact denoiser is symmetric.
    for (std::size_t m = 0; m < n; ++m) {
      const double above = co_await state_.dot(v_[m], w_[n]), below = co_await state_.dot(w_[m], v_[n]);
      const double newest2 = co_await state_.dot(w_[n], w_[n]), older2 = co_await state_.dot(w_[m], w_[m]);
      if (done_ < compared && newest2 + older2 > 0)
        asymmetry2_ += (above - below) * (above - below) / (newest2 + older2);
      T_[m][n] = T_[n][m] = .5 * (above + below);
    }
    T_[n][n] = co_await state_.dot(v_[n], w_[n]);
    ++done_;
    // Its top pair (theta, z).
    std::array<double, max_products> z{};
    const auto [theta, second] = top_eigenpair(T_, done_, z);
    second_ = second;
    Sum Jz;
    along_ = 0;
    for (std::size_t m = 0; m <= n; ++m) {
      Jz.add(z[m], w_[m]);
      along_ += z[m] * offsets_[m];
    }
    co_await state_.set(direction_, Jz);
    const double length2 = co_await state_.dot(direction_, direction_), length = std::sqrt(length2);
    // Where the first z that looks like an eigenvector is taken, nothing else grows as much: |J z| bounds J from below.
    J_ = effort.all ? beside_residual(theta, second, length * length - theta * theta) : 2 * length - theta;
    if (!std::isfinite(J_) || (!effort.all && theta >= converged * length) || done_ == products) break;
    // The newest product, made orthogonal to the directions so far, is the next direction, if the space is not exhausted.
    co_await state_.set(v_[n + 1], w_[n]);
    for (std::size_t m = 0; m < 2 * (n + 1); ++m) {  // twice
      const double share = co_await state_.dot(v_[n + 1], v_[m % (n + 1)]);
      co_await state_.set(v_[n + 1], v_[n + 1] + -share * v_[m % (n + 1)]);
    }
    const double left = co_await state_.normalise(v_[n + 1]);
    if (left == 0) break;
  }
  co_await state_.set(denoised_, node.D + along_ * direction_);
  known_ = std::isfinite(J_);
  if (!known_) co_return;
  const double length = co_await state_.normalise(direction_);
  known_ = length > 0;
}

/// The direction known before, a little of the last change of D, which is a product itself, and a little of a random one.
Task<> JacobianProbe::first_direction(Node node, double random_share) {
  const Vector first = v_[0], change = w_[0];  // w_[0] is free until the first answer
  const std::size_t d = state_.dimension();
  co_await state_.set(change, node.D - node.D_before);
  co_await state_.normalise(change);
  if (known_) {
    const double share = co_await state_.dot(direction_, change);
    co_await state_.set(first, direction_ + (share < 0 ? -path_share : path_share) * change);
    co_await state_.normalise(first);
  } else {
    co_await state_.set(first, change);
  }
  if (d > 1) {
    co_await write_random_direction(state_, change, trajectory_, measured_++);
    co_await state_.set(first, first + random_share / std::sqrt(static_cast<double>(d)) * change);
  }
  const double length = co_await state_.normalise(first);
  if (length == 0) co_await write_first_coordinate(first);  // D did not move at all: any direction will do
}

Awaited<Done> JacobianProbe::write_first_coordinate(Vector out) {
  return state_.write(out, [](std::span<double> numbers) {
    std::ranges::fill(numbers, 0.);
    numbers[0] = 1;
  });
}

double JacobianProbe::asymmetry2() const {
  const int n = std::min(done_, compared);
  return 2 * asymmetry2_ / (n * (n - 1.));
}

}  // namespace shockstep
