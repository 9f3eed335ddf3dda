/// What the fit check (fit_check.hpp) found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shockstep {

/// One line of the check.
struct FitIdentity {
  std::string name;
  double found = 0;
  double low = 0, high = 0;  ///< where it holds; infinite: no bound
  bool decisive = true;      ///< false: a property that the sampler likes, not one that every right description has
  bool holds() const { return found >= low && found <= high; }
};

/// Another description of the same network.
struct FitSuggestion {
  std::string sentence;               ///< "this looks like a velocity, not noise"
  std::vector<std::string> settings;  ///< "model.predicts: velocity", the keys that change
  double misfit = 0;
};

struct FitReport {
  bool fits = true;
  std::string reason;  ///< why it does not, a sentence; empty where it does
  double misfit =
      0;  ///< share of the error of D that a better guess takes away, of the best linear denoiser's; 0 is right
  double largest_misfit = 0;  ///< above which no description fits
  /// By how much D guesses better than the best linear denoiser, 0 to 1, a mean over the levels: 0 for Gaussian data, and
  /// for a network that has no say in D.
  double structure = 0;
  std::vector<FitIdentity> identities;
  std::optional<FitSuggestion> suggestion;  ///< only where it does not fit
  std::int64_t evaluations = 0;
  int descriptions = 1;  ///< tried, the stated one among them
};

}  // namespace shockstep
