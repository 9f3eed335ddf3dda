/// What encode writes beside latents.npy.
#pragma once

#include <shockstep/encode_options.hpp>
#include <shockstep/result.hpp>

#include "output/run_setup.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace shockstep {

/// One datum.
struct EncodedRow {
  TrajectoryReport report;
  double log_likelihood, standard_error, quadrature_error;  ///< nats; NaN: not measured
};

struct EncodeFacts {
  RunSetup setup;
  std::string data;            ///< the file
  std::int64_t dimension = 1;  ///< of one datum
  double sigma_min = 0;        ///< at which the density is meant
  double tolerance = 0;        ///< asked for, data units
  int directions = 0;          ///< of the trace
  bool exact_trace = false;
  double latent_rms = 0;
  std::vector<std::string> warnings;
};

/// -ln p/(d ln 2): of the density, in data units; it can be negative.
double bits_per_dimension(double log_likelihood, std::int64_t dimension);

/// datum,status,evaluations,log_likelihood,standard_error,bits_per_dimension,bits_standard_error,quadrature_error
std::string log_likelihood_csv(const std::vector<EncodedRow>& rows, std::int64_t dimension);
std::string encode_json(const EncodeFacts& facts, const std::vector<EncodedRow>& rows, const RunStatistics& statistics);

/// Mean log-likelihood over the rows that have one, and its standard error, from the spread of the rows and their own
/// standard errors; NaN where no row has one.
struct MeanLikelihood {
  double nats, standard_error;
  std::int64_t rows;
};
MeanLikelihood mean_likelihood(const std::vector<EncodedRow>& rows);

}  // namespace shockstep
