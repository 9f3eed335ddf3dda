/// What the engine drives: one trajectory at a time in one slot, a state machine that asks for one model evaluation at a
/// time and digests the answer.
#pragma once

#include <shockstep/observer.hpp>
#include <shockstep/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace shockstep {

struct TrajectorySettings;

class Integration {
 public:
  virtual ~Integration() = default;

  virtual void start(std::int64_t index, Observer* steps) = 0;
  /// Writes the point to be evaluated next and returns its sigma, in [sigma_min, sigma_max].
  virtual double request(std::span<double> point) = 0;
  /// Digests D at the point just requested; true once the trajectory is done.
  virtual bool receive(std::span<const double> point, std::span<const double> D) = 0;
  /// Ends the trajectory without an answer: the model threw, or the run was cancelled.
  virtual void abandon(Status status) = 0;

  virtual const TrajectoryReport& report() const = 0;
  /// The finished sample: NaN where status says why.
  virtual std::span<const double> sample() const = 0;
  /// How far the trajectory has come, 0 to 1.
  virtual double progress() const = 0;
};

/// Doubles of memory that a trajectory of dimension d borrows.
std::size_t integration_memory(const TrajectorySettings& settings, std::size_t d);
/// With steps of its own, on the grid of the settings, or upwards; the settings must outlive it.
std::unique_ptr<Integration> make_integration(const TrajectorySettings& settings, double* memory, std::size_t d);

}  // namespace shockstep
