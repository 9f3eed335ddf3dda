/// Every schedule that a config can name, on every process: nodes from one end of the range to the other, descending.
#include "support/test.hpp"

#include "config/yaml.hpp"

#include <shockstep/process_kind.hpp>
#include <shockstep/schedule.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>

using namespace shockstep;

TEST_CASE("every file of a schedule is a row") {
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(SOURCE_DIR "/src/process/schedules")) {
    CAPTURE(file.path().string());
    CHECK(std::ranges::count(schedule_kinds(), file.path().stem().string(), &ScheduleKind::name) == 1);
    ++files;
  }
  REQUIRE(files == schedule_kinds().size());
  for (const auto& kind : schedule_kinds()) {
    CAPTURE(kind.name);
    CHECK((*kind.summary && *kind.schedule.spec().source));
    CHECK(name(kind.schedule) == kind.name);
    CHECK(std::ranges::count(schedule_kinds(), kind.schedule, &ScheduleKind::schedule) == 1);
  }
}

TEST_CASE("a grid begins and ends at the ends of the range and descends") {
  for (const auto& row : process_kinds()) {
    const Process process = make_process({"c.yaml", "process", parse_yaml(row.example, row.name)});
    for (const auto& kind : schedule_kinds()) {
      if (kind.schedule.spec().needs == ScheduleNeeds::model) continue;
      FixedSteps steps{.schedule = kind.schedule};
      if (kind.schedule.spec().needs == ScheduleNeeds::table)
        steps.sigmas = {process.sigma_max(), (process.sigma_max() + process.sigma_min()) / 2, process.sigma_min()};
      for (const int nodes : {2, 3, 20, 1000}) {
        CAPTURE(row.name, kind.name, nodes);
        const auto sigmas = grid_sigmas(steps, process, nodes);
        REQUIRE(sigmas.size() == static_cast<std::size_t>(nodes));
        CHECK(sigmas.front() == process.sigma_max());
        CHECK(sigmas.back() == process.sigma_min());
        CHECK(std::ranges::adjacent_find(sigmas, std::ranges::less_equal()) == sigmas.end());
      }
    }
  }
}
