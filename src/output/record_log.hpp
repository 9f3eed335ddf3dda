/// A file of records that only grows: whatever kills its writer, the records before stay readable.
///
/// Layout: 8 bytes that name the format; then for each record its length (4 bytes), the CRC-32 of length and content (4 bytes),
/// and its content. The first record that is cut off or does not fit its checksum ends the file.
#pragma once

#include "core/input_file.hpp"

#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace shockstep {

/// Whether the file has a first record, or is something else that is not to be written over: not if it is missing, empty, or ends
/// within that record, with zeros perhaps, since its writer was killed, the disk full, or the power gone so early.
bool holds_records(const std::string& path);

class RecordReader {
 public:
  /// Throws FileError if the file cannot be read or is none of these.
  explicit RecordReader(const std::string& path);

  /// The next whole record; false at the end, or where the file is damaged.
  bool next(std::string& record);
  /// Bytes from the beginning of the file to the end of the last record read.
  std::int64_t whole() const { return whole_; }
  /// Bytes behind them.
  std::int64_t rest() const { return size_ - whole_; }

 private:
  std::string path_;
  InputFile file_;
  std::int64_t size_ = 0, whole_ = 0;
};

/// The writer: one process at a time. Records reach the system within .2 s or 64 KiB, whichever comes first, and the disk
/// within about five seconds: what a killed process loses is bounded by the former, what a failing machine loses by the latter.
class RecordLog {
 public:
  /// Opens or makes the file and locks it, as long as this lives. Throws FileError if another process has it.
  explicit RecordLog(const std::string& path);
  ~RecordLog();
  RecordLog(const RecordLog&) = delete;
  RecordLog& operator=(const RecordLog&) = delete;

  /// Keeps so many bytes of the file, what RecordReader calls whole, and appends from there; 0: an empty file. Called once,
  /// before any record. Throws FileError, as do all members.
  void begin(std::int64_t keep);
  void append(std::string_view record);
  /// Waits until what was appended is on the disk.
  void close();
  /// Records appended that were written whole; all of them once close() has not thrown.
  std::int64_t kept() const { return kept_; }

 private:
  void write_in_background();
  void write_waiting();
  [[noreturn]] void fail() const;

  std::string path_;
  int file_ = -1;
  std::mutex mutex_;  // of all below
  std::condition_variable wake_;
  std::string waiting_;
  std::deque<std::size_t> ends_;  // of the records that wait, in bytes from the first
  std::int64_t kept_ = 0;
  std::exception_ptr error_;  // nothing is written behind a record that was cut off
  bool closing_ = false;
  std::thread writer_;
};

}  // namespace shockstep
