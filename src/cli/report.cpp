#include "cli/report.hpp"

#include "core/text.hpp"

#include <cstdio>

namespace shockstep::cli {
std::string status_text(const RunStatistics& s) {
  std::string out;
  for (int i = 0; i < status_count; ++i) {
    if (s.count_by_status[i] == 0) continue;
    out.append(out.empty() ? "" : ", ").append(std::to_string(s.count_by_status[i])).append(" ");
    out.append(name(static_cast<Status>(i)));
  }
  return out.empty() ? "none started" : out;
}

void print_result(const std::string& folder, const std::vector<std::string>& files, const RunStatistics& s,
                  std::optional<std::int64_t> rows) {
  std::printf("%s:", printable(folder, 1000).c_str());
  for (const auto& file : files) std::printf(" %s", file.c_str());
  std::printf("\n%lld trajectories: %s\n", static_cast<long long>(s.trajectories()), status_text(s).c_str());
  std::printf("evaluations: mean %.2f, max %lld; ", s.mean(s.evaluations), static_cast<long long>(s.evaluations_max));
  if (rows) std::printf("%lld in all; ", static_cast<long long>(*rows));
  std::printf("%.3g s\n", s.wall_seconds);
}

int exit_code(const RunStatistics& s, bool interrupted) {
  if (interrupted) return 130;
  const auto count = [&](Status status) { return s.count_by_status[static_cast<int>(status)]; };
  return count(Status::non_finite) + count(Status::failed) > 0 ? 4 : 0;
}

}  // namespace shockstep::cli
