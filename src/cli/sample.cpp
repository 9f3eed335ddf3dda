#include <shockstep/error.hpp>

#include "cli/commands.hpp"
#include "cli/destination.hpp"
#include "cli/interrupt.hpp"
#include "cli/ranks.hpp"
#include "cli/report.hpp"
#include "cli/run_journal.hpp"
#include "cli/sample_run.hpp"
#include "cli/shards.hpp"
#include "cli/time_limit.hpp"
#include "cli/together.hpp"
#include "core/open_work.hpp"
#include "log/log.hpp"

#include <cstdio>
#include <memory>

namespace shockstep::cli {
namespace {

std::string of_part(std::int64_t done, const Part& part) {
  return std::to_string(done) + " of " + std::to_string(part.count) + " trajectories";
}

/// Gives the journal's trajectories to the destination and takes them out of the work. Returns what they cost.
RunStatistics replay(JournalReader& journal, Destination& destination, OpenWork& work, const Part& part) {
  while (const DoneTrajectory* done = journal.next())
    if (work.take(done->report.trajectory)) destination.replay(*done);
  log::info("going on: " + of_part(destination.tally().done(), part) + " are done");
  return journal.cost();
}

/// Draws what is missing of a run or shard. `writer`: null for a shard; `replayed`: how many an earlier session had drawn.
RunStatistics draw(SampleRun& run, RunJournal& run_journal, RunWriter* writer, bool quiet, std::int64_t& replayed) {
  const Part& part = run.part();
  Progress progress(part.count, !quiet);
  Destination destination(run.config(), writer, progress);
  OpenWork work(part.first, part.count);
  RunStatistics cost;
  if (JournalReader* before = run_journal.reader()) {
    cost = replay(*before, destination, work, part);
    run_journal.go_on();
  }
  progress.begin();
  Journal* journal = run_journal.journal();
  destination.write_to(journal);
  replayed = destination.tally().done();

  SampleRequest request = run.request();
  request.observer = &destination;
  request.work = &work;
  const RunStatistics session = with_file(run.config().file, [&] { return run.sampler().stream(request); });
  cost.add_cost(session);
  if (journal) journal->add_cost(session);
  RunStatistics statistics = destination.tally().statistics(run.model().dimension());
  statistics.add_cost(cost);
  return statistics;
}

/// Draws and writes the files. Returns the exit code.
int finish(SampleRun& run, RunJournal& run_journal, const Options& options, TimeLimit& limit, std::int64_t& replayed) {
  const Part& part = run.part();
  const auto writer = options.shard ? nullptr : run.writer();
  const RunStatistics statistics = draw(run, run_journal, writer.get(), options.quiet, replayed);
  limit.release();
  const std::int64_t left = part.count - (statistics.trajectories() - statistics.with(Status::interrupted));
  if (left > 0) log::warning("interrupted; " + of_part(part.count - left, part) + " are done");
  if (writer) {
    run.close(*writer, statistics);
  } else {
    run_journal.journal()->close();
    print_result(run.folder(), {journal_name(options.shard), run.log_name()}, statistics);
  }
  if (left > 0 && run_journal.journal())
    std::printf("go on with: %s --resume\n", options.command_line.c_str());
  else if (writer && run_journal.journal())
    run_journal.remove();
  return exit_code(statistics, left > 0);
}

}  // namespace

int sample(const Options& options) {
  if (const Ranks ranks; ranks.count() > 1) return sample_together(options, ranks);
  watch_interrupts();
  const std::string again = options.command_line + " --resume";
  TimeLimit limit(options.time_limit, "--time-limit: the model call does not come back; go on with: " + again);
  SampleRun run(options);
  RunJournal run_journal(run.folder(), options, run.identity(), run.model().exact());
  if (run_journal.found() == RunJournal::Found::finished) {
    std::printf("%s: finished before, nothing to do\n", printable(run.folder(), 1000).c_str());
    return 0;
  }
  if (options.resume && run_journal.found() == RunJournal::Found::nothing)
    log::info("nothing to go on with: begins anew");
  run.prepare(run_journal.header() ? &run_journal.header()->prepared : nullptr);

  // Before the files of an earlier run are touched: what is in its journal is set aside.
  if (!run_journal.reader() && (options.shard || run.config().output.journal))
    run_journal.begin(run.sampler().prepared());
  std::int64_t replayed = 0;
  try {
    return finish(run, run_journal, options, limit, replayed);
  } catch (const Error&) {
    if (const std::int64_t kept = run_journal.close_broken(replayed); kept > 0)
      log::warning(of_part(kept, run.part()) + " are kept; go on with: " + again);
    throw;
  }
}

}  // namespace shockstep::cli
