/// The fit check as people and programs read it.
#pragma once

#include <shockstep/fit_report.hpp>

#include <string>

namespace shockstep {

/// A line for every identity, the verdict, and the settings of a description that fits better.
std::string fit_text(const FitReport& report);
/// One line for the log of a run; empty where the description fits.
std::string fit_warning(const FitReport& report);

}  // namespace shockstep
