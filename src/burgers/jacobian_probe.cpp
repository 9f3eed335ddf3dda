#include "burgers/jacobian_probe.hpp"

#include <shockstep/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace shockstep {
namespace {

constexpr double step = 5e-3;         // of the finite difference, in units of sigma
constexpr double path_share = .3;     // weight of the last change of D beside the direction already known
constexpr double noise_share = .05;

double norm(std::span<const double> a) {
  double sum = 0;
  for (double v : a) sum += v * v;
  return std::sqrt(sum);
}

}  // namespace

void JacobianProbe::reset(std::int64_t trajectory) {
  trajectory_ = trajectory;
  measured_ = 0;
  known_ = false;
}

void JacobianProbe::aim(std::span<const double> point, std::span<const double> fresh, std::span<const double> before,
                        double sigma) {
  sigma_ = sigma;
  std::copy(point.begin(), point.end(), base_);
  const std::span u(direction_, d_);

  double change2 = 0, along = 0;
  for (std::size_t i = 0; i < d_; ++i) {
    const double c = fresh[i] - before[i];
    change2 += c * c;
    along += known_ ? c * u[i] : 0;
  }
  if (!known_) std::fill(u.begin(), u.end(), 0.);
  const double keep = known_ ? 1 : 0, share = known_ ? path_share : 1;
  const double scale = change2 > 0 ? share / std::sqrt(change2) * (along < 0 ? -1 : 1) : 0;

  // Noise in blocks: its address is (trajectory, which probe, which block), so nothing is kept.
  constexpr std::size_t block = 64;
  std::array<double, block> noise;
  const double amount = noise_share / std::sqrt(static_cast<double>(d_));
  for (std::size_t i = 0; i < d_; ++i) {
    if (i % block == 0)
      fill_normal({noise.data(), std::min(block, d_ - i)}, 0, Stream::direction,
                  static_cast<std::uint64_t>(trajectory_), (measured_ << 32) + i / block);
    u[i] = keep * u[i] + scale * (fresh[i] - before[i]) + amount * noise[i % block];
  }
  const double length = norm(u);
  for (double& v : u) v /= length;
  known_ = true;
}

void JacobianProbe::request(std::span<double> point) const {
  for (std::size_t i = 0; i < d_; ++i) point[i] = base_[i] + step * sigma_ * direction_[i];
}

double JacobianProbe::measure(std::span<const double> probed, std::span<const double> at_base) {
  ++measured_;
  double sum = 0;
  for (std::size_t i = 0; i < d_; ++i) {
    const double difference = (probed[i] - at_base[i]) / (step * sigma_);
    sum += difference * difference;
  }
  const double J = std::sqrt(sum);
  if (J > 0 && std::isfinite(J))
    for (std::size_t i = 0; i < d_; ++i) direction_[i] = (probed[i] - at_base[i]) / (step * sigma_ * J);
  return J;
}

}  // namespace shockstep
