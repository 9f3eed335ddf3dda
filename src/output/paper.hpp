/// The files of the Burgers analysis.
#pragma once

#include "paper/analysis.hpp"

#include <string>
#include <vector>

namespace shockstep {

/// "pass  layer.slope  expected 0, found 4.7e-16, tolerance 1e-12: ..."
std::string claim_line(const paper::Claim& claim);

/// How many claims do not pass.
int failures(const std::vector<paper::Analysis>& analyses);

/// Numbers as the shortest decimals that read back as the same.
std::string csv(const paper::Table& table);
/// claims.csv: name, expected, found, tolerance, passed and statement of each.
std::string claims_csv(const std::vector<paper::Analysis>& analyses);

/// With what the analyses were run.
struct PaperFacts {
  std::string version;
  double seconds = 0;
  double tightened = 1;  ///< by what the tolerances were divided
};
/// summary.json: counts, and every claim by its analysis, with the analysis's config and tables.
std::string paper_summary(const PaperFacts& facts, const std::vector<paper::Analysis>& analyses);

}  // namespace shockstep
