#include "output/report/extremes.hpp"

#include <cmath>
#include <map>

namespace shockstep {

void Extremes::keep(Best& best, double rank, const TrajectoryReport& report) {
  // Nearly all trajectories are refused here, before anything is copied.
  if (best.size() == most &&
      std::tuple(rank, best.begin()->report.trajectory) < std::tuple(best.begin()->rank, report.trajectory))
    return;
  TrajectoryReport row = report;
  row.events.clear();
  best.insert({rank, std::move(row)});
  if (best.size() > most) best.erase(best.begin());
}

void Extremes::add(const TrajectoryReport& report) {
  if (!std::isnan(report.error_estimate)) keep(by_error_, report.error_estimate, report);
  if (report.exponent > 0) keep(by_exponent_, report.exponent, report);
  if (report.status != Status::ok) keep(troubled_, 0, report);
}

std::vector<TrajectoryReport> Extremes::rows() const {
  std::map<std::int64_t, TrajectoryReport> rows;
  for (const Best* best : {&by_error_, &by_exponent_, &troubled_})
    for (const Row& row : *best) rows.emplace(row.report.trajectory, row.report);
  std::vector<TrajectoryReport> out;
  for (auto& [trajectory, report] : rows) out.push_back(std::move(report));
  return out;
}

}  // namespace shockstep
