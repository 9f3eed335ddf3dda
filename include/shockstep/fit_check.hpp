/// Checks, without data, whether a model can be the denoiser of any data at all, and if not, which other description of
/// its network could.
///
/// Whatever the data, D = E[x0 | x] is the regression of x0 on x = x0 + sigma n. So a model is made to draw data of
/// its own, these are noised again, and D has to be the best guess of what they were: nothing that is known of x (D
/// itself, x - D, D of a neighbouring sigma) may guess better. docs/inspect.md has the formulas.
#pragma once

#include <shockstep/fit_report.hpp>
#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/schedule.hpp>
#include <shockstep/score_model.hpp>

#include <cstdint>

namespace shockstep {

/// How much a check may cost.
struct FitOptions {
  /// 640 evaluations for a description that fits, some thousand more to name the mistake in one that does not. It
  /// finds gross mistakes only: other descriptions are tried where the stated one is refused, not to see if one fits
  /// better.
  bool quick = false;
  std::uint64_t seed = 0;  ///< of the data that are drawn and of their noise
  int batch = 256;         ///< rows in one model call
  /// Evaluations after which the search for another description ends; of a quick check 4000.
  std::int64_t search_evaluations = 500'000;
  /// Asked before every call of the model whether it is cancelled, which ends the check with Cancelled; null: nobody is asked.
  const Observer* observer = nullptr;
};

/// What the check found, and the model that it would have instead.
struct FitResult {
  FitReport report;                              ///< what was found, numbers and sentences
  ModelPtr better = nullptr;                     ///< the network under report.suggestion; null where there is none
  Process better_process = VarianceExploding{};  ///< the process of `better`; means nothing where that is null
};

/// Whether D, as the model and the process have it, is the denoiser of any data.
///
/// The check leaves out guidance and thresholds: with them D is meant to be something else than a denoiser. Only
/// networks have other descriptions. What a model throws is not passed on: such a model does not fit, and
/// FitReport::reason says why; but for Cancelled, which is.
FitResult check_fit(const ModelPtr& model, const Process& process, const FitOptions& options = {});

/// What the measurement of a plan says of the description, for nothing: each identity beside its bound. Where one is missed the report has
/// a doubt; where one is missed by more than a quarter, a quick check_fit looks for another description, and its evaluations are added to
/// `rows`. `observer`: as of FitOptions.
FitReport quick_fit(const ModelPtr& model, const Process& process, const MeasuredScales& scales, int batch,
                    std::int64_t& rows, const Observer* observer = nullptr);

}  // namespace shockstep
