/// What a comparison compares: methods, and what they are measured against.
#pragma once

#include <shockstep/sampler_options.hpp>

#include <string>

namespace shockstep {

/// A row of the comparison.
struct ComparedMethod {
  std::string name;  ///< of the caller's choice, for tables
  /// Of all methods `final` must be the same. Events are not measured, whatever this says: they change no sample.
  SamplerOptions options{};
};

/// What every sample is compared with: the end of the same trajectory, from the same starting latent.
struct ComparisonReference {
  /// The exact flow, of a model that knows it (ExactFlow): closed forms in one dimension carry quantiles to quantiles.
  bool exact = false;
  /// Else: the tolerance of an unguarded multistep of order 5 (a bound on the weighted error of its steps), data units;
  /// 0: 1e-9 for exact models, 1e-5 for others, most of which compute in float32.
  double tolerance = 0;
};

}  // namespace shockstep
