/// Measures the growth of errors at a point: J = lambda_max(dD/dx), by a few Lanczos products on finite differences.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shockstep {

/// One product J v per model evaluation, at a node where D is known already. Memory of the last direction is kept, since
/// the top eigenvector turns slowly; the last change of D along the path is a product itself (dD = J dx + ...), and a
/// little noise finds directions that wake up later. One power product alone follows the wrong eigenvector; two or three
/// Lanczos products do not (measured: docs/events.md).
class JacobianProbe {
 public:
  static constexpr int max_products = 3;
  static std::size_t memory(std::size_t d) { return (3 + 2 * max_products) * d; }

  JacobianProbe() = default;
  JacobianProbe(double* memory, std::size_t d);

  /// Forgets the direction. The trajectory's number addresses the noise.
  void reset(std::int64_t trajectory);

  /// The node to measure at. D is known at `predicted` only, but the trajectory goes on from `corrected`, and the two can
  /// lie on different sides of a thin interface: differences are centred on the corrected point where they can be.
  struct Node {
    std::span<const double> predicted, corrected;
    std::span<const double> D, D_before;  // at `predicted`, and at the node before
    double sigma;
  };
  /// noise: relative weight of a random direction; products: 1 to max_products, the fewest that will do are used.
  void aim(const Node& node, double noise, int products);

  /// Writes the next point to evaluate.
  void request(std::span<double> point);
  /// Takes D there. True if another product is wanted.
  bool receive(std::span<const double> D);

  double J() const { return J_; }
  /// Mean square over pairs of products of (v.(J w) - w.(J v))^2/(|J v|^2 + |J w|^2): 0 for a gradient field, whose J is
  /// symmetric; 2 for a rotation. NaN after a single product.
  double asymmetry2() const;
  std::span<const double> direction() const { return {direction_, d_}; }
  /// D at the corrected point, to first order along the measured direction.
  std::span<const double> denoised() const { return {denoised_, d_}; }
  double sigma() const { return sigma_; }

 private:
  std::span<double> v(int m) const { return {krylov_ + static_cast<std::size_t>(m) * d_, d_}; }
  std::span<double> w(int m) const { return {krylov_ + static_cast<std::size_t>(max_products + m) * d_, d_}; }
  /// Top Ritz pair (theta, z) of the products so far.
  struct Ritz {
    double theta = 0;
    double length = 0;  // |J z|
    double along = 0;   // (corrected - predicted) . z
  };
  Ritz ritz();

  std::size_t d_ = 0;
  double *base_ = nullptr, *direction_ = nullptr, *denoised_ = nullptr, *krylov_ = nullptr;
  const double *corrected_ = nullptr, *D_ = nullptr;  // of the node, alive until the last product
  double sigma_ = 0, epsilon_ = 0, J_ = 0, asymmetry2_ = 0;
  int products_ = 0, done_ = 0;
  bool known_ = false;
  std::array<std::array<double, max_products>, max_products> T_{};
  std::array<double, max_products> offsets_{};  // of the corrected point from the predicted one, along each v
  std::int64_t trajectory_ = 0;
  std::uint64_t measured_ = 0;
};

}  // namespace shockstep
