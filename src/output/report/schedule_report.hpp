/// report.html of a fitted schedule.
#pragma once

#include <shockstep/fitted_schedule.hpp>
#include <shockstep/process.hpp>

#include "output/run_setup.hpp"
#include "output/schedule_text.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace shockstep {

/// What the pages of all fits have: {title, sigma: [low, high], summary}.
nlohmann::ordered_json fit_page(const std::string& title, const RunSetup& setup, double low, double high);

/// What the page shows: {title, sigma: [min, max], summary: {version, config, model, device, threads, warnings}, schedule: {sigmas,
/// times, fitted_to, gained, error, log_sigma, karras, rows, ..., with: {log_sigma: [sigmas], karras: [sigmas]}}}.
nlohmann::ordered_json schedule_report(const std::string& title, const RunSetup& setup, const Process& process,
                                       const FittedSchedule& schedule, const ScheduleFacts& facts);

}  // namespace shockstep
