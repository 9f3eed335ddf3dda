/// What a device that is full, or lost, throws out of whatever call, and what its user can do.
#pragma once

#include <exception>
#include <string>

namespace shockstep {

/// Whether memory ran out, of the device or of the host, in whatever allocator.
bool out_of_memory(const std::exception& error);
/// Whether a device failed for good: after an error of its own it refuses all further work of this process.
bool device_lost(const std::exception& error);

/// The first line of what an exception says, without a backtrace.
std::string first_line(const std::exception& error);

/// One line, of a device that failed: which key chose it, what it said, and how the run goes on. `key`: run.device, run.state.
/// `who`: the device and what it did, as the subject of "failed".
std::string lost_sentence(const std::string& key, const std::string& who, const std::exception& error);
/// One line, of a device without memory for the states of `rows` rows of a batch.
std::string full_sentence(const std::string& device, int rows);

}  // namespace shockstep
