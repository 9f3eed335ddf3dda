/// Measures the growth of errors: J = lambda_max(dD/dx) by a warm-started power iteration on finite differences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace shockstep {

/// One product J u per model evaluation, at a point where D is known already. |J u| bounds J from below and is close to it
/// once u has seen a few products; the change of D along the path is a product itself, since dD = J dx + ..., and is mixed
/// in. A little noise finds directions that wake up later.
class JacobianProbe {
 public:
  static std::size_t memory(std::size_t d) { return 2 * d; }

  JacobianProbe() = default;
  JacobianProbe(double* memory, std::size_t d) : base_(memory), direction_(memory + d), d_(d) {}

  /// Forgets the direction; (trajectory, stream position) address the noise.
  void reset(std::int64_t trajectory);

  /// Takes `point` as the base at noise level sigma and turns the direction towards `fresh` - `before`, the last change of D.
  void aim(std::span<const double> point, std::span<const double> fresh, std::span<const double> before, double sigma);
  /// Writes the point to evaluate: base + eps u, eps = sigma/200: small against the width of any interface at this noise
  /// level, large enough for a float32 network.
  void request(std::span<double> point) const;
  /// D at the requested point and at the base: returns J = |J u| and makes J u the new direction.
  double measure(std::span<const double> probed, std::span<const double> at_base);

  double sigma() const { return sigma_; }
  std::span<const double> direction() const { return {direction_, d_}; }
  bool aimed() const { return known_; }

 private:
  double *base_ = nullptr, *direction_ = nullptr;  // the direction is a unit vector once known
  std::size_t d_ = 0;
  double sigma_ = 0;
  bool known_ = false;
  std::int64_t trajectory_ = 0;
  std::uint64_t measured_ = 0;
};

}  // namespace shockstep
