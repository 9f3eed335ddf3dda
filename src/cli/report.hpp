/// What a run came to, in words.
#pragma once

#include <shockstep/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shockstep::cli {

/// "4095 ok, 1 budget"
std::string status_text(const RunStatistics& statistics);

/// To stdout: where the files are, counts, cost. `rows`: of the model, whatever for; nothing is said of them where they are not known.
void print_result(const std::string& folder, const std::vector<std::string>& files, const RunStatistics& statistics,
                  std::optional<std::int64_t> rows = {});

/// 130 if interrupted, 4 if a trajectory has no finite sample, else 0.
int exit_code(const RunStatistics& statistics, bool interrupted);

}  // namespace shockstep::cli
