/// A comparison as tables: compare.csv, compare.json and the text of a terminal.
#pragma once

#include <shockstep/comparison_result.hpp>

#include "output/run_setup.hpp"

#include <string>
#include <vector>

namespace shockstep {

/// What is known of a comparison beside its result.
struct ComparisonFacts {
  RunSetup setup;
  std::int64_t trajectories = 0;      ///< the same for every method
  std::vector<std::string> warnings;  ///< what went wrong or was not done as asked, one sentence each
};

/// Whether no other row has both fewer evaluations and a smaller error (mean, rms), or one of them and the other equal.
std::vector<bool> pareto_front(const std::vector<ComparisonRow>& rows);

/// Columns: name, method, steps (nodes of a grid, or adaptive), tolerance, evaluations_mean, evaluations_max, rms, median,
/// p99, max, wrong_mode, wall_seconds, pilot_evaluations, left_out, budget, schedule; then the distances of distributions, each
/// with its standard error (_se) and the same distance of exact samples (_floor). Empty where there is no such number.
std::string comparison_csv(const ComparisonResult& result);
/// The same columns as objects under `rows`, with the settings and the reference.
std::string comparison_json(const ComparisonFacts& facts, const ComparisonResult& result);
/// Aligned columns, fewest evaluations first; a star marks the Pareto front. With the distances where there are any, and those
/// of exact samples below.
std::string comparison_text(const ComparisonResult& result);

}  // namespace shockstep
