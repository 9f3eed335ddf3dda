/// summary.json and the tables of inspect: one section for each thing inspected.
#pragma once

#include <shockstep/fit_report.hpp>
#include <shockstep/inspection.hpp>

#include "output/run_setup.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace shockstep {

struct InspectFacts {
  RunSetup setup{};
  FitReport fit{};
  Inspection found{};
  double sigma_min = 0, sigma_max = 0;
  std::int64_t dimension = 1;
  std::function<double(double sigma)> time;  ///< native time of the process
  std::string data{}, held_out{}, labels{};  ///< files; empty: none
  double seconds = 0;                        ///< of the analyses
};

std::string inspect_json(const InspectFacts& facts);

/// trajectory,sigma,sigma_low,sigma_high,time,rate,exponent,cluster: one line for every speciation.
std::string speciation_csv(const InspectFacts& facts);
/// trajectory,cluster,sigma,time: where each trajectory followed commits; sigma and time are empty where it does not.
std::string commitment_csv(const InspectFacts& facts);
/// sample,nearest,distance,second,p,memorised.
std::string training_csv(const TrainingSection& training);

}  // namespace shockstep
