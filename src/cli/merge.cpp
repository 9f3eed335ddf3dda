#include <shockstep/error.hpp>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "cli/sample_run.hpp"
#include "cli/shards.hpp"
#include "core/open_work.hpp"
#include "records/run_tally.hpp"

#include <cstdio>

namespace shockstep::cli {
namespace {

void check_whole(const SampleRun& run, const Shard& shard, std::int64_t found) {
  const std::int64_t wanted = part_of(run.config().run, shard).count;
  const std::string part = std::to_string(shard.index) + "/" + std::to_string(shard.count);
  if (found < wanted)
    throw FileError(printable(run.at(journal_name(shard)), 1000),
                    "is not finished, " + std::to_string(found) + " of " + std::to_string(wanted) +
                        " trajectories; go on with --shard " + part + " --resume");
}

}  // namespace

int merge(const Options& options) {
  SampleRun run(options);
  Shards shards = find_shards(run.folder(), run.identity());
  run.prepare(&shards.prepared);
  const auto writer = run.writer();
  OpenWork work(run.config().run.first, run.config().run.count);
  RunTally tally;
  std::vector<std::int64_t> found(shards.parts.size());
  read_together(shards.journals, [&](std::size_t shard, const DoneTrajectory& done) {
    if (!work.take(done.report.trajectory)) return;
    ++found[shard];
    writer->replay(done);
    tally.add(done.report);
  });
  RunStatistics statistics = tally.statistics(run.model().dimension());
  for (std::size_t i = 0; i < found.size(); ++i) {
    check_whole(run, shards.parts[i], found[i]);
    statistics.add_cost(shards.journals[i].cost());
  }
  run.close(*writer, statistics);
  std::printf("the shards are not needed any more: %s\n",
              printable(run.at("shard-*-of-" + std::to_string(found.size()) + ".journal"), 1000).c_str());
  return exit_code(statistics, false);
}

}  // namespace shockstep::cli
