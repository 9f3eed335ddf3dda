#include "engine/integration.hpp"

#include "engine/ascent.hpp"
#include "engine/grid_trajectory.hpp"
#include "engine/trajectory.hpp"

namespace shockstep {

std::size_t integration_memory(const TrajectorySettings& settings, std::size_t d) {
  return settings.grid || settings.ascent ? 0 : Trajectory::memory(settings, d);
}

std::unique_ptr<Integration> make_integration(const TrajectorySettings& settings, double* memory, std::size_t d) {
  if (settings.ascent) return std::make_unique<Ascent>(settings, d);
  if (settings.grid) return std::make_unique<GridTrajectory>(settings, d);
  return std::make_unique<Trajectory>(settings, memory, d);
}

}  // namespace shockstep
