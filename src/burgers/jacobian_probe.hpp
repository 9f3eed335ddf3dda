/// Measures the growth of errors at a point: J = lambda_max(dD/dx), by a few Lanczos products on finite differences.
#pragma once

#include "burgers/jacobian_product.hpp"
#include "core/task.hpp"
#include "state/state.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shockstep {

/// One product J v per model evaluation, at a node where D is known already. The first v is the last direction found, since
/// the top eigenvector turns slowly, plus the last change of D along the path, a product itself (dD = J dx + ...), plus a
/// small random part, which finds directions that grow later. A single product follows the wrong eigenvector; two or three
/// Lanczos products do not (measured: docs/events.md). On networks many eigenvalues lie near the top, and five are needed: there
/// z may look like an eigenvector while another one has overtaken it.
class JacobianProbe {
 public:
  static constexpr int max_products = 5;

  /// difference: the shortest, over sigma.
  explicit JacobianProbe(State& state, double difference = shortest_difference);

  /// Forgets the direction. The trajectory's number addresses the random part of its probes.
  void reset(std::int64_t trajectory);

  /// The node to measure at. D is known at `predicted` only, but the trajectory goes on from `corrected`, and the two can
  /// lie on different sides of a thin interface: differences are centred on the corrected point where they can be.
  struct Node {
    Vector predicted, corrected;
    Vector D, D_before;  // at `predicted`, and at the node before
    double sigma;
  };
  /// products: 1 to max_products; all of them, or the fewest after which z looks like an eigenvector.
  struct Effort {
    int products;
    bool all;
  };
  /// Measures J there. random_share: relative weight of a random direction. `evaluations` counts products as they are made.
  Task<> measure(Node node, double random_share, Effort effort, int& evaluations);

  double J() const { return J_; }
  /// The second largest quotient in the space of the products; 0 after a single one.
  double second() const { return second_; }
  /// Mean square over pairs of the first three products of (v.(J w) - w.(J v))^2/(|J v|^2 + |J w|^2): 0 for a gradient field, whose J is
  /// symmetric; 2 for a rotation. NaN after a single product.
  double asymmetry2() const;
  Vector direction() const { return direction_; }
  /// D at the corrected point, to first order along the measured direction.
  Vector denoised() const { return denoised_; }

 private:
  Task<> first_direction(Node node, double random_share);
  Awaited<Done> write_first_coordinate(Vector out);

  State& state_;
  double difference_;
  Vector base_, direction_, denoised_;
  std::array<Vector, max_products> v_, w_;  // w = J v
  double J_ = 0, second_ = 0, asymmetry2_ = 0;
  double along_ = 0;  // (corrected - predicted).z, z the top direction
  int done_ = 0;      // products
  bool known_ = false;
  std::array<std::array<double, max_products>, max_products> T_{};  // V^T J V, symmetrised
  std::array<double, max_products> offsets_{};  // of the corrected point from the predicted one, along each v
  std::int64_t trajectory_ = 0;
  std::uint64_t measured_ = 0;
};

}  // namespace shockstep
