/// A fitted schedule as JSON text, and back.
#pragma once

#include <shockstep/fitted_schedule.hpp>

#include <string>

namespace shockstep {

std::string to_json(const FittedSchedule& fitted);
/// Throws FileError (with `path`) if the text holds none.
FittedSchedule fitted_schedule_from_json(const std::string& text, const std::string& path);

}  // namespace shockstep
