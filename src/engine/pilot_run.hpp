/// Methods on the trajectories that a solver is fitted to: what their samples are, and how far off.
#pragma once

#include "engine/pilot_field.hpp"

#include <shockstep/fitted_solver.hpp>
#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/sampler_options.hpp>

#include <cstdint>
#include <vector>

namespace shockstep {

struct PilotRun {
  PilotRows samples;             ///< data units
  std::int64_t evaluations = 0;  ///< rows
};

/// The first `rows` pilot trajectories in one batch, with the grid of options.steps, which needs no measurement any more. Throws
/// ModelError where one fails, Cancelled where `observer` cancels.
PilotRun run_on_pilot(const ScoreModel& model, const Process& process, const SamplerOptions& options, int rows,
                      const Observer* observer);

/// Root mean square over the d coordinates of each row.
std::vector<double> errors_of_rows(const PilotRows& samples, const PilotRows& exact, std::size_t d);

SolverErrors errors_of(const std::vector<double>& of_rows);

}  // namespace shockstep
