#include <shockstep/error.hpp>
#include <shockstep/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace shockstep {

namespace schedules {
/// At `nodes` equidistant places of the table.
extern const ScheduleSpec ays{
    "ays", "Align Your Steps: a table from a file, log-linearly interpolated", "Sabour et al. 2024 (arXiv 2404.14507)",
    [](const FixedSteps& steps, const Process&, int nodes) {
      const std::vector<double>& table = steps.sigmas;
      if (table.empty())
        throw ConfigError("sampler.steps.file", "missing; ays needs a table: a YAML file with sigmas: [...]");
      std::vector<double> sigmas;
      for (int i = 0; i < nodes; ++i) {
        const double at = static_cast<double>(table.size() - 1) * i / (nodes - 1);
        const auto j = std::min(static_cast<std::size_t>(at), table.size() - 2);
        const double f = at - static_cast<double>(j);
        sigmas.push_back(table[j] * std::pow(table[j + 1] / table[j], f));  // an entry itself at f = 0
      }
      sigmas.front() = table.front(), sigmas.back() = table.back();
      return sigmas;
    },
    ScheduleNeeds::table};
}  // namespace schedules

constinit const Schedule Schedule::ays{schedules::ays};

}  // namespace shockstep
