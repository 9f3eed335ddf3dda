/// The journal of a run in its folder: found, compared with what is asked for, begun anew or gone on with.
#pragma once

#include "cli/options.hpp"
#include "cli/run_identity.hpp"
#include "output/journal.hpp"

#include <memory>
#include <optional>
#include <string>

namespace shockstep::cli {

class RunJournal {
 public:
  enum class Found {
    nothing,   ///< to go on with
    finished,  ///< the run is: its files are there, and no journal
    journal,   ///< the reader is at its first trajectory
  };

  /// Looks for what --resume can go on with, and takes the file if there is one. Throws ConfigError if that is of another run,
  /// FileError if it is damaged or another process writes it.
  RunJournal(const std::string& folder, const Options& options, const Json& identity, bool float64);

  Found found() const { return found_; }
  /// Of the journal found; null if there is none.
  const JournalHeader* header() const { return header_ ? &*header_ : nullptr; }
  JournalReader* reader() { return reader_ ? &*reader_ : nullptr; }

  /// To be written from here on: behind what was read, or anew, when a journal that lies there is set aside.
  Journal& open(const Prepared& prepared);
  bool is_open() const { return journal_ != nullptr; }
  void close() { journal_->close(); }
  void remove();  ///< the files are whole

 private:
  Found look_for_files() const;
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
