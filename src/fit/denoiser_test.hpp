/// Puts a model to the identities of a denoiser that hold whatever the data (docs/inspect.md has them with their proofs).
#pragma once

#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/score_model.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace shockstep {

struct TestPlan {
  std::int64_t rows = 32;
  int steps = 24;            ///< of the run that draws the data
  int levels = 8;            ///< of noise, from sigma_max down
  bool neighbours = true;    ///< asks D at neighbouring sigmas and scaled inputs, too: 4 evaluations a level, not 1
  double significance = 20;  ///< least squared Student's t of a direction that counts
  bool extras = false;       ///< asymmetry and roughness
  double enough = std::numeric_limits<double>::infinity();  ///< misfit at which there is no need to go on
  std::uint64_t seed = 0;
  int batch = 256;
  const Observer* observer = nullptr;  ///< asked before every call: Cancelled
};

/// At one noise level; x = x0 + sigma n, rows and coordinates averaged.
struct TestLevel {
  double sigma = 0;
  double drift = 0;  ///< |x - D|^2/sigma^2: at most 1, and 1 - loss of x0 at large sigma
  double loss = 0;   ///< |x0 - D|^2 over that of the best linear denoiser, and what training leaves: at most 1
  double gain = 0;   ///< how much less loss D has than the best multiple of x about the mean; 0 for white Gaussian data
  double misfit = 0;  ///< by how much a better guess lowers the loss; 0 is right
  double time = 0;    ///< the part of it that is due to D at neighbouring sigmas
};

struct DenoiserTest {
  std::string broken;             ///< why the test ended early; empty: it did not
  double misfit = 0;              ///< largest of the levels; infinite where broken
  double structure = 0;           ///< mean gain of the levels, not below 0
  double start_drift = 0;         ///< drift at the latents sigma_max n; 1 is right where the data are far narrower
  double least_start_drift = 0;   ///< least that can be
  double spread = 0;              ///< rms of the samples about the mean of each coordinate
  double deviation = 0;           ///< rms of the samples about the mean of all coordinates, what data_std is
  bool collapsed = false;         ///< all samples are one point
  double asymmetry = 0;           ///< of the Jacobian, 0 is symmetric (extras)
  double roughness = 0;           ///< of D in ln sigma: second over first difference, 0 is smooth (extras)
  std::vector<TestLevel> levels;  ///< sigma descending
  std::int64_t evaluations = 0;
};

DenoiserTest test_denoiser(const ScoreModel& model, const Process& process, const TestPlan& plan);

}  // namespace shockstep
