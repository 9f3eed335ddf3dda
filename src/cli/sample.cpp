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

/// Closes the journal of a run that an error ends, perhaps one of its own. Returns how many trajectories it has kept of this session.
std::int64_t close_broken(Journal& journal) {
  try {
    journal.close();
  } catch (const FileError&) {  // the error that ends the run is told
  }
  return journal.kept();
}

/// Draws what is missing of a run or shard. `writer`: null for a shard.
RunStatistics draw(SampleRun& run, RunJournal& run_journal, RunWriter* writer, const Options& options) {
  const Part& part = run.part();
  Progress progress(part.count, !options.quiet);
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
  const std::int64_t before_now = destination.tally().done();

  SampleRequest request = run.request();
  request.observer = &destination;
  request.work = &work;
  try {
    const RunStatistics session = with_file(run.config().file, [&] { return run.sampler().stream(request); });
    cost.add_cost(session);
    if (journal) journal->add_cost(session);
  } catch (const Error&) {
    if (const std::int64_t kept = before_now + (journal ? close_broken(*journal) : 0); kept > 0)
      log::warning(of_part(kept, part) + " are kept; go on with: " + options.command_line + " --resume");
    throw;
  }
  RunStatistics statistics = destination.tally().statistics(run.model().dimension());
  statistics.add_cost(cost);
  return statistics;
}

}  // namespace

int sample(const Options& options) {
  if (const Ranks ranks; ranks.count() > 1) return sample_together(options, ranks);
  watch_interrupts();
  const std::string again = options.command_line + " --resume";
  TimeLimit limit(options.time_limit, "--time-limit: the model call does not come back; go on with: " + again);
  SampleRun run(options);
  const Part& part = run.part();
  RunJournal run_journal(run.folder(), options, run.identity(), run.model().exact());
  if (run_journal.found() == RunJournal::Found::finished) {
    std::printf("%s: finished before, nothing to do\n", printable(run.folder(), 1000).c_str());
    return 0;
  }
  if (options.resume && run_journal.found() == RunJournal::Found::nothing)
    log::info("nothing to go on with: begins anew");
  run.prepare(run_journal.header() ? &run_journal.header()->prepared : nullptr);

  // Before any other file is touched, since this throws where another process is at work in the folder.
  if (!run_journal.reader() && (options.shard || run.config().output.journal))
    run_journal.begin(run.sampler().prepared());
  const auto writer = options.shard ? nullptr : run.writer();
  const RunStatistics statistics = draw(run, run_journal, writer.get(), options);
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
    std::printf("go on with: %s\n", again.c_str());
  else if (writer && run_journal.journal())
    run_journal.remove();
  return exit_code(statistics, left > 0);
}

}  // namespace shockstep::cli
