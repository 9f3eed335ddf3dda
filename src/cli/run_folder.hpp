/// The folder of a run, made and taken: as long as this lives no other run writes into it.
#pragma once

#include "cli/options.hpp"

#include <optional>
#include <string>

namespace shockstep::cli {

/// A lock of the system, let go however the process ends. The file that carries it is there while somebody holds it.
class FileLock {
 public:
  /// `shared`: with others that are shared. Throws FileError "`what` is being written by another process" if somebody else's
  /// excludes it.
  FileLock(const std::string& path, const std::string& what, bool shared);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  std::string path_;
  int file_ = -1;
};

class RunFolder {
 public:
  /// Makes --out, or runs/<name of the config>, and takes it: a shard shares it with other shards, whatever else has it alone.
  /// Nothing in it is opened before. `rank`: of several processes of one run the first takes it for all. Throws FileError.
  explicit RunFolder(const Options& options, int rank = 0);

  const std::string& path() const { return path_; }
  std::string at(const std::string& name) const;  ///< in it

 private:
  std::string path_;
  std::optional<FileLock> all_, shard_;
};

}  // namespace shockstep::cli
