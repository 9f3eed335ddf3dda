/// What the fit check (fit_check.hpp) found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shockstep {

/// One line of the check.
struct FitIdentity {
  std::string name;      ///< what is compared, in words
  double found = 0;      ///< what the model has
  double low = 0;        ///< least that is right
  double high = 0;       ///< most that is right; infinite: no bound
  bool decisive = true;  ///< false: a property that the sampler likes, not one that every right description has
  /// Whether `found` lies between the two; NaN does not.
  bool holds() const { return found >= low && found <= high; }
};

/// Another description of the same network.
struct FitSuggestion {
  std::string sentence;               ///< "this looks like a velocity, not noise"
  std::vector<std::string> settings;  ///< "model.predicts: velocity", the keys that change
  double misfit = 0;                  ///< of that description, as FitReport::misfit
};

/// The verdict on a description, and what it rests on. docs/inspect.md has the definitions.
struct FitReport {
  bool fits = true;    ///< no identity is broken, and no other description fits far better
  std::string reason;  ///< why it does not, a sentence; empty where it does
  std::string doubt;   ///< of one that fits: what keeps that from being certain, a sentence; empty: nothing
  /// By how much a better guess lowers the squared error of D, over the squared error of the best linear denoiser; the
  /// largest over the levels of noise: 0 is right. Infinite where the check cannot be finished; `reason` says why.
  double misfit = 0;
  double largest_misfit = 0;  ///< what a description with less than this fits by: .1, in a quick check of few rows .5
  /// By how much D guesses better than the best linear denoiser, 0 to 1, a mean over the levels: 0 for Gaussian data,
  /// and for a network that has no say in D.
  double structure = 0;
  std::vector<FitIdentity> identities;      ///< of the stated description, in the order they are checked
  std::optional<FitSuggestion> suggestion;  ///< only where it does not fit
  std::int64_t evaluations = 0;             ///< of the model, under all descriptions
  int descriptions = 1;                     ///< tried, the stated one among them
};

}  // namespace shockstep
