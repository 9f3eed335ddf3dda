#include "cli/run_journal.hpp"

#include <shockstep/error.hpp>

#include "cli/shards.hpp"
#include "core/input_file.hpp"
#include "core/part_file.hpp"
#include "core/text.hpp"
#include "log/log.hpp"
#include "output/file_list.hpp"

#include <filesystem>

namespace shockstep::cli {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::optional<Shard>& shard) {
  return shard ? std::to_string(shard->index) + "/" + std::to_string(shard->count) : std::string();
}

[[noreturn]] void is_of_another_run(const std::string& folder, const std::string& what) {
  throw ConfigError("--resume", printable(folder, 1000) + " holds another run: " + what +
                                    "; set that back, take another --out, or begin anew without --resume");
}

}  // namespace

bool finished_before(const std::string& folder, const Json& identity) {
  const fs::path path = fs::path(folder) / "summary.json";
  if (!fs::exists(path)) return false;
  try {
    const Json summary = Json::parse(read_text(path.string()));
    if (const auto what = difference(finished_identity(summary, identity), identity); !what.empty())
      is_of_another_run(folder, what);
    const bool whole = summary.at("trajectories") == summary.at("config").at("run").at("count");
    if (!whole || summary.at("status").at("interrupted") != 0)
      throw ConfigError("--resume",
                        printable(folder, 1000) +
                            " holds a run that was interrupted and has no journal; begin anew without --resume");
    const std::string changed = first_changed(folder, summary.at("files"));
    if (changed.empty()) return true;
    log::warning(printable(folder, 1000) + ": " + changed + " is not as the finished run left it; it is drawn anew");
  } catch (const Json::parse_error&) {
    log::warning(printable(path.string(), 1000) + ": is damaged; the run is drawn anew");
  } catch (const Json::exception&) {
    is_of_another_run(folder, "its summary.json is of another command or version");
  }
  return false;
}

RunJournal::RunJournal(const std::string& folder, const Options& options, const Json& identity, bool float64)
    : folder_(folder),
      path_((fs::path(folder) / journal_name(options.shard)).string()),
      part_(text_of(options.shard)),
      identity_(identity),
      float64_(float64) {
  if (!options.resume) return;
  if (!holds_records(path_)) {
    if (options.shard) return;
    if (holds_records((fs::path(folder) / "rank-0.journal").string()))
      throw ConfigError("--resume", printable(folder, 1000) + " holds a run that mpirun shared; go on with mpirun");
    if (finished_before(folder, identity)) found_ = Found::finished;
    return;
  }
  found_ = Found::journal;
  journal_ = std::make_unique<Journal>(path_, float64_);
  reader_.emplace(path_);
  header_ = journal_header(reader_->header(), path_);
  if (const auto what = difference(header_->identity, identity_); !what.empty()) is_of_another_run(folder_, what);
}

void RunJournal::begin(const Prepared& prepared) {
  set_aside();
  journal_ = std::make_unique<Journal>(path_, float64_);
  journal_->begin(to_text({.identity = identity_, .part = part_, .prepared = prepared}));
  sync_folder(folder_);  // or the journal may have no name when it is needed
}

void RunJournal::go_on() {
  if (reader_->rest() > 0)
    log::info("the journal's last " + std::to_string(reader_->rest()) + " bytes are damaged; done again");
  journal_->go_on(*reader_);
}

void RunJournal::remove() {
  journal_->close();
  fs::remove(path_);
}

std::int64_t RunJournal::close_broken(std::int64_t replayed) {
  if (!journal_) return 0;
  try {
    journal_->close();
  } catch (const FileError&) {  // the error that ended the run is told
  }
  return replayed + journal_->kept();
}

void RunJournal::set_aside() const {
  if (!holds_records(path_)) return;
  { const Journal ours(path_, float64_); }  // throws if another process writes it
  const std::string old = path_ + ".old";
  fs::rename(path_, old);
  log::warning("begins anew; the journal that was here is now " + printable(old, 1000) +
               " (to go on with that run, rename it back and give --resume)");
}

}  // namespace shockstep::cli
