/// The journal in a run's folder: finds it, compares it with the run that is asked for, and begins a new one or goes on
/// with it.
#pragma once

#include "cli/options.hpp"
#include "cli/run_identity.hpp"
#include "output/journal.hpp"

#include <memory>
#include <optional>
#include <string>

namespace shockstep::cli {

/// Whether the files in the folder are whole and of this run. What is damaged is not, and a warning names it. Throws ConfigError if
/// they are of another run, or of one that was interrupted.
bool finished_before(const std::string& folder, const Json& identity);

class RunJournal {
 public:
  enum class Found {
    nothing,   ///< to go on with
    finished,  ///< the run is finished: its files are there, and no journal
    journal,   ///< the reader is at its first trajectory
  };

  /// Looks for what --resume can go on with, and takes the file if there is one. Throws ConfigError if that is of another run,
  /// FileError if it is damaged or another process writes it.
  RunJournal(const std::string& folder, const Options& options, const Json& identity, bool float64);

  Found found() const { return found_; }
  /// Reader of the journal found; null if there is none.
  const JournalHeader* header() const { return header_ ? &*header_ : nullptr; }
  JournalReader* reader() { return reader_ ? &*reader_ : nullptr; }

  /// Begins an empty journal. One that lies there is renamed, not overwritten: hours of work may be in it. Throws
  /// FileError if another process writes it.
  void begin(const Prepared& prepared);
  /// Goes on with the journal found, behind what was read of it.
  void go_on();
  /// Null before one of these two was called.
  Journal* journal() { return journal_.get(); }
  void remove();  ///< the files are whole
  /// Of a run that an error has ended, perhaps one of the journal's own: closes it, and returns how many trajectories there are to
  /// go on with; `replayed` were there before.
  std::int64_t close_broken(std::int64_t replayed);

 private:
  void set_aside() const;

  std::string folder_, path_, part_;
  const Json identity_;
  bool float64_;
  Found found_ = Found::nothing;
  std::unique_ptr<Journal> journal_;
  std::optional<JournalReader> reader_;
  std::optional<JournalHeader> header_;
};

}  // namespace shockstep::cli
