#include "cli/together.hpp"

#include <shockstep/error.hpp>

#include "cli/destination.hpp"
#include "cli/interrupt.hpp"
#include "cli/report.hpp"
#include "cli/run_journal.hpp"
#include "cli/sample_run.hpp"
#include "cli/time_limit.hpp"
#include "core/guided_chunks.hpp"
#include "core/open_work.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <mutex>

namespace shockstep::cli {
namespace {

namespace fs = std::filesystem;

/// The work of one rank: chunks of the run's trajectories, handed to whichever rank is free, without those already
/// done.
class SharedWork final : public WorkSource {
 public:
  SharedWork(const OpenWork& open, const Part& all, const Ranks& ranks)
      : open_(open), all_(all), ranks_(ranks.count()), chunks_(all.count, ranks_), counter_(ranks.counter()) {}

  std::optional<std::int64_t> next() override {
    const std::lock_guard lock(mutex_);
    for (;;) {
      if (next_ == end_) {
        if (end_ == all_.count) return std::nullopt;
        const auto [begin, end] = chunks_.chunk(counter_->next());
        next_ = begin, end_ = end;
      } else if (const std::int64_t i = all_.first + next_++; open_.is_open(i)) {
        return i;
      }
    }
  }
  std::int64_t count() const override { return (open_.count() + ranks_ - 1) / ranks_; }

 private:
  const OpenWork& open_;
  Part all_;
  std::int64_t ranks_;
  GuidedChunks chunks_;
  std::unique_ptr<Ranks::Counter> counter_;
  std::mutex mutex_;
  std::int64_t next_ = 0, end_ = 0;  // of the chunk in hand, from the first trajectory
};

std::string journal_of(int rank) { return "rank-" + std::to_string(rank) + ".journal"; }

// All journals of ranks in the folder: the run before may have had more or fewer ranks.
std::vector<std::string> find_journals(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("rank-") && name.ends_with(".journal") && holds_records(entry.path().string()))
      out.push_back(entry.path().string());
  }
  std::ranges::sort(out);
  return out;
}

// Hours of work may be in them.
void set_aside(const std::vector<std::string>& journals) {
  for (const std::string& path : journals) fs::rename(path, path + ".old");
  if (!journals.empty())
    log::warning(
        "begins anew; the journals that were here are now rank-*.journal.old (to go on with that run, rename them "
        "back and give --resume)");
}

/// This rank's journal, new or gone on with; what any rank's journal has is out of the work.
class RankJournal {
 public:
  /// Reads what there is. Throws an Error if it is of another run.
  RankJournal(const SampleRun& run, const std::vector<std::string>& found, int rank, OpenWork& open)
      : path_(run.at(journal_of(rank))), journal_(path_, run.model().exact()) {
    const Json identity = run.identity();
    for (const std::string& path : found) {
      JournalReader reader(path);
      header_ = journal_header(reader.header(), path);
      if (const auto what = difference(header_->identity, identity); !what.empty())
        throw ConfigError("--resume", printable(run.folder(), 1000) + " holds another run: " + what +
                                          "; set that back, take another --out, or begin anew without --resume");
      while (const DoneTrajectory* done = reader.next()) open.take(done->report.trajectory);
      if (path == path_) own_.emplace(std::move(reader));
    }
  }
  const std::optional<JournalHeader>& header() const { return header_; }

  Journal& open(const std::string& header) {
    if (own_)
      journal_.go_on(*own_);
    else
      journal_.begin(header);
    return journal_;
  }

 private:
  std::string path_;
  Journal journal_;
  std::optional<JournalReader> own_;
  std::optional<JournalHeader> header_;
};

/// All journals to the files of the run. Returns the exit code.
int write_files(const SampleRun& run, const std::string& again) {
  const auto paths = find_journals(run.folder());
  const Part& part = run.part();
  const auto writer = run.writer();
  OpenWork open(part.first, part.count);
  RunTally tally;
  std::vector<JournalReader> journals;
  for (const std::string& path : paths) journals.emplace_back(path);
  read_together(journals, [&](std::size_t, const DoneTrajectory& done) {
    if (!open.take(done.report.trajectory)) return;
    writer->replay(done);
    tally.add(done.report);
  });
  RunStatistics statistics = tally.statistics(run.model().dimension());
  for (const JournalReader& journal : journals) statistics.add_cost(journal.cost());
  if (open.count() > 0)
    log::warning("interrupted; " + std::to_string(tally.done()) + " of " + std::to_string(part.count) +
                 " trajectories are done");
  run.close(*writer, statistics);
  if (open.count() > 0)
    std::printf("go on with the same mpirun and: %s\n", again.c_str());
  else
    for (const std::string& path : paths) fs::remove(path);
  return exit_code(statistics, open.count() > 0);
}

}  // namespace

int sample_together(const Options& options, const Ranks& ranks) {
  const bool first = ranks.rank() == 0;
  if (options.shard)
    throw ConfigError("--shard", "is for processes that know nothing of each other; leave it out under mpirun");
  watch_interrupts();
  const std::string again = options.command_line + " --resume";
  TimeLimit limit(options.time_limit, "--time-limit: the model call does not come back; go on with: " + again);
  SampleRun run(options, ranks.rank(), ranks.count());
  ranks.meet();
  if (first && !options.resume) set_aside(find_journals(run.folder()));
  ranks.meet();
  const Part& part = run.part();
  OpenWork open(part.first, part.count);
  const auto found = find_journals(run.folder());
  if (options.resume && found.empty()) {
    if (holds_records(run.at(journal_name({}))))
      throw ConfigError("--resume",
                        printable(run.folder(), 1000) + " holds a run of one process; go on without mpirun");
    if (finished_before(run.folder(), run.identity())) {
      if (first) std::printf("%s: finished before, nothing to do\n", printable(run.folder(), 1000).c_str());
      return 0;
    }
  }
  ranks.meet();  // before any begins its own
  RankJournal run_journal(run, found, ranks.rank(), open);

  if (first || run_journal.header()) run.prepare(run_journal.header() ? &run_journal.header()->prepared : nullptr);
  const std::string header = ranks.from_first(
      first ? to_text({.identity = run.identity(), .part = "", .prepared = run.sampler().prepared()}) : "");
  if (!first && !run_journal.header()) {
    const Prepared prepared = journal_header(header, "rank 0").prepared;
    run.prepare(&prepared);
  }
  ranks.meet();  // all have read what there was
  Journal& journal = run_journal.open(header);

  {
    Progress progress((open.count() + ranks.count() - 1) / ranks.count(), first && !options.quiet);
    Destination destination(run.config(), nullptr, progress);
    destination.write_to(&journal);
    SharedWork work(open, part, ranks);
    SampleRequest request = run.request();
    request.observer = &destination;
    request.work = &work;
    journal.add_cost(with_file(run.config().file, [&] { return run.sampler().stream(request); }));
    journal.close();
    ranks.meet();
  }
  limit.release();
  const int code = first ? write_files(run, again) : interrupted() ? 130 : 0;
  ranks.meet();
  return code;
}

}  // namespace shockstep::cli
