#include "output/file.hpp"

namespace shockstep {
namespace {

constexpr std::size_t large_write = 1 << 18;

}  // namespace

void OutputFile::write(std::string_view bytes) {
  waiting_ += bytes;
  if (waiting_.size() >= large_write) flush();
}

void OutputFile::close() {
  flush();
  file_.close();
}

void OutputFile::flush() {
  file_.put(waiting_.data(), waiting_.size(), written_);
  written_ += static_cast<std::int64_t>(waiting_.size());
  waiting_.clear();
}

void write_file(const std::string& path, std::string_view bytes) {
  OutputFile file(path);
  file.write(bytes);
  file.close();
}

}  // namespace shockstep
