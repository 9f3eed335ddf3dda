// Loaded before the C library (LD_PRELOAD): writes down, in the file that SYNC_ORDER_LOG names, in which order a program syncs, renames
// and removes. A line each: sync PATH, rename FROM TO, remove PATH.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace {

void note(const std::string& line) {
  const char* log = std::getenv("SYNC_ORDER_LOG");
  const int file = log ? ::open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
  if (file < 0) return;
  const std::string whole = line + '\n';
  [[maybe_unused]] const auto written = ::write(file, whole.data(), whole.size());
  ::close(file);
}

std::string path_of(int file) {
  char path[4096];
  const auto n = ::readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), path, sizeof path);
  return n > 0 ? std::string(path, static_cast<std::size_t>(n)) : std::string();
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fsync(int file) {
  note("sync " + path_of(file));
  return next<int (*)(int)>("fsync")(file);
}
int fdatasync(int file) {
  note("sync " + path_of(file));
  return next<int (*)(int)>("fdatasync")(file);
}
int rename(const char* from, const char* to) noexcept {
  note(std::string("rename ") + from + ' ' + to);
  return next<int (*)(const char*, const char*)>("rename")(from, to);
}
int remove(const char* path) noexcept {
  note(std::string("remove ") + path);
  return next<int (*)(const char*)>("remove")(path);
}
int unlink(const char* path) noexcept {
  note(std::string("remove ") + path);
  return next<int (*)(const char*)>("unlink")(path);
}

}  // extern "C"
