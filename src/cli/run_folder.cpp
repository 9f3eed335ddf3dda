#include "cli/run_folder.hpp"

#include <shockstep/error.hpp>

#include "core/part_file.hpp"
#include "core/text.hpp"
#include "log/log.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

namespace shockstep::cli {
namespace {

namespace fs = std::filesystem;

fs::path made(const Options& options) {
  const fs::path folder =
      options.out.empty() ? fs::path("runs") / fs::path(options.config).stem() : fs::path(options.out);
  std::error_code error;
  const bool is_new = fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder))
    throw FileError(printable(folder.string(), 1000),
                    "cannot be made a folder: " + (error ? error.message() : "a file has that name"));
  if (is_new) sync_folder((folder / "..").string());
  return folder;
}

// Whoever held it last takes the name away, so that what was locked may be a file that nobody else will find.
bool has_a_name(int file) {
  struct stat status{};
  return ::fstat(file, &status) == 0 && status.st_nlink > 0;
}

}  // namespace

FileLock::FileLock(const std::string& path, const std::string& what, bool shared) : path_(path) {
  const auto fail = [&](const std::string& sentence) { throw FileError(printable(what, 1000), sentence); };
  for (bool taken = false; !taken;) {
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file_ < 0) fail(std::string("takes no files: ") + std::strerror(errno));
    bool locked = ::flock(file_, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0;
    // A shard that ends has the lock alone for a moment, to take the file away.
    for (int turn = 0; turn < 20 && shared && !locked && errno == EWOULDBLOCK; ++turn) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      locked = ::flock(file_, LOCK_SH | LOCK_NB) == 0;
    }
    if (!locked && errno == EWOULDBLOCK) {
      ::close(file_);
      fail("is being written by another process; wait for it, or take another --out");
    }
    if (!locked)
      log::warning(printable(what, 1000) + ": this file system has no locks (" + std::strerror(errno) +
                   "); see to it that no other run writes there");
    taken = !locked || has_a_name(file_);
    if (!taken) ::close(file_);
  }
}

FileLock::~FileLock() {
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) ::unlink(path_.c_str());  // else others share it
  ::close(file_);
}

RunFolder::RunFolder(const Options& options, int rank) : path_(made(options).string()) {
  if (rank > 0) return;
  all_.emplace(at("run.lock"), path_, options.shard.has_value());
  if (options.shard) {
    const std::string shard =
        "shard-" + std::to_string(options.shard->index) + "-of-" + std::to_string(options.shard->count);
    shard_.emplace(at(shard + ".lock"), at(shard), false);
  }
}

std::string RunFolder::at(const std::string& name) const { return (fs::path(path_) / name).string(); }

}  // namespace shockstep::cli
