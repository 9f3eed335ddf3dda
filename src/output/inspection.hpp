/// summary.json and the tables of inspect: one section for each thing inspected. Clusters, modes and stationary points are numbered
/// from 1 where a user sees them.
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
  std::string left_out{};                    ///< why there are no analyses of a model that fits; empty: there are
  bool analysed = false;                     ///< the description fits, or it was asked to go on
};

std::string inspect_json(const InspectFacts& facts);

/// trajectory,sigma,sigma_low,sigma_high,time,rate,exponent,cluster: one line for every speciation.
std::string speciation_csv(const InspectFacts& facts);
/// trajectory,cluster,sigma,time: where each trajectory followed commits; sigma and time are empty where it does not.
std::string commitment_csv(const InspectFacts& facts);
/// point,kind,unstable,share,rate_1..,x_1..: one line for every stationary point.
std::string stationary_csv(const StationarySection& stationary);
/// trajectory,point: the stationary point that it settled on; empty where it did not.
std::string basins_csv(const StationarySection& stationary);
/// sample,nearest,distance,second,p,memorised.
std::string training_csv(const TrainingSection& training);

}  // namespace shockstep
