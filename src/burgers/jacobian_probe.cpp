#include "burgers/jacobian_probe.hpp"

#include <shockstep/random.hpp>

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double path_share = .1;               // weight of the last change of D beside the direction already known
constexpr double shortest = .01, longest = .5;  // of a finite difference, in units of sigma
constexpr double converged = .98;               // theta/|J z| at which z counts as the eigenvector

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// a += f b
void add(std::span<double> a, double f, std::span<const double> b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += f * b[i];
}

/// Scales to length one and returns the length before; leaves zero alone.
double normalise(std::span<double> a) {
  const double length = std::sqrt(dot(a, a));
  if (length > 0)
    for (double& value : a) value /= length;
  return length;
}

/// Top eigenpair of the leading n x n block of a symmetric matrix, by Jacobi's rotations.
template <std::size_t N>
double top_eigenpair(std::array<std::array<double, N>, N> A, int n, std::array<double, N>& vector) {
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
  for (int i = 0; i < n; ++i) vector[i] = Q[i][top];
  return A[top][top];
}

}  // namespace

JacobianProbe::JacobianProbe(double* memory, std::size_t d)
    : d_(d), base_(memory), direction_(memory + d), denoised_(memory + 2 * d), krylov_(memory + 3 * d) {}

void JacobianProbe::reset(std::int64_t trajectory) {
  trajectory_ = trajectory;
  measured_ = 0;
  known_ = false;
}

void JacobianProbe::aim(const Node& node, double noise, int products) {
  std::copy(node.predicted.begin(), node.predicted.end(), base_);
  corrected_ = node.corrected.data();
  D_ = node.D.data();
  sigma_ = node.sigma;
  products_ = std::min<int>({products, max_products, static_cast<int>(d_)});
  done_ = 0;
  asymmetry2_ = 0;

  const auto first = v(0), change = w(0);  // w(0) is free until the first answer
  for (std::size_t i = 0; i < d_; ++i) change[i] = node.D[i] - node.D_before[i];
  normalise(change);
  if (known_) {
    std::copy_n(direction_, d_, first.begin());
    add(first, dot(first, change) < 0 ? -path_share : path_share, change);
    normalise(first);
  } else {
    std::copy(change.begin(), change.end(), first.begin());
  }
  if (d_ > 1) {
    fill_uniform(change, 0, Stream::direction, static_cast<std::uint64_t>(trajectory_), measured_++);
    add(first, noise / std::sqrt(static_cast<double>(d_)), change);
  }
  if (normalise(first) == 0) first[0] = 1;  // D did not move at all: any direction will do
}

void JacobianProbe::request(std::span<double> point) {
  const auto direction = v(done_);
  double offset = 0;
  for (std::size_t i = 0; i < d_; ++i) offset += (corrected_[i] - base_[i]) * direction[i];
  offsets_[done_] = offset;
  epsilon_ = std::copysign(std::clamp(2 * std::abs(offset), shortest * sigma_, longest * sigma_), offset);
  for (std::size_t i = 0; i < d_; ++i) point[i] = base_[i] + epsilon_ * direction[i];
}

bool JacobianProbe::receive(std::span<const double> D) {
  const auto product = w(done_);
  for (std::size_t i = 0; i < d_; ++i) product[i] = (D[i] - D_[i]) / epsilon_;
  for (int m = 0; m < done_; ++m) {  // symmetrised: the Jacobian of an exact denoiser is symmetric
    const double above = dot(v(m), product), below = dot(w(m), v(done_));
    const double size2 = dot(product, product) + dot(w(m), w(m));
    if (size2 > 0) asymmetry2_ += (above - below) * (above - below) / size2;
    T_[m][done_] = T_[done_][m] = .5 * (above + below);
  }
  T_[done_][done_] = dot(v(done_), product);
  ++done_;
  const Ritz top = ritz();
  const bool finite = std::isfinite(J_);
  bool more = finite && done_ < products_ && top.theta < converged * top.length;
  if (more) {
    const auto next = v(done_);
    std::copy(product.begin(), product.end(), next.begin());
    for (int twice = 0; twice < 2; ++twice)
      for (int m = 0; m < done_; ++m) add(next, -dot(next, v(m)), v(m));
    more = normalise(next) > 0;  // or the space is exhausted
  }
  if (!more) {
    for (std::size_t i = 0; i < d_; ++i) denoised_[i] = D_[i] + direction_[i] * top.along;
    known_ = finite && normalise({direction_, d_}) > 0;
  }
  return more;
}

double JacobianProbe::asymmetry2() const { return 2 * asymmetry2_ / (done_ * (done_ - 1.)); }

/// J z goes to direction_, and J = |J z| + (|J z| - theta), since |J z| bounds J from below.
JacobianProbe::Ritz JacobianProbe::ritz() {
  std::array<double, max_products> y{};
  Ritz top;
  top.theta = top_eigenpair(T_, done_, y);
  const std::span Jz(direction_, d_);
  std::fill(Jz.begin(), Jz.end(), 0.);
  for (int m = 0; m < done_; ++m) {
    add(Jz, y[m], w(m));
    top.along += y[m] * offsets_[m];
  }
  top.length = std::sqrt(dot(Jz, Jz));
  J_ = 2 * top.length - top.theta;
  return top;
}

}  // namespace shockstep
