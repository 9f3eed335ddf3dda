#include "fuzz/readers.hpp"

#include <shockstep/error.hpp>
#include <shockstep/fitted_solver_file.hpp>
#include <shockstep/guard.hpp>

#include "config/compare_config.hpp"
#include "config/encode_config.hpp"
#include "config/inspect_config.hpp"
#include "config/run_config.hpp"
#include "config/yaml.hpp"
#include "controller/fitted_schedule_json.hpp"
#include "core/bytes.hpp"
#include "core/npy.hpp"
#include "output/journal.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <stdexcept>

namespace shockstep::fuzz {
namespace {

/// A file in memory that has a path.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& bytes) : file_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (file_ < 0 || ::write(file_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("no file in memory to be had");
  }
  ~MemoryFile() { ::close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

/// Calls `read`; a refusal must be one printable line, as the user will see it.
void accept_or_refuse(const auto& read) {
  const auto one_line = [](const std::string& sentence) {
    if (sentence.empty() || std::ranges::any_of(sentence, [](unsigned char c) { return c < ' ' || c == 127; }))
      throw std::logic_error("an error is not one printable line: " + sentence);
  };
  try {
    read();
  } catch (const ConfigError& e) {
    one_line(e.what());
  } catch (const FileError& e) {
    one_line(e.what());
  }
}

void yaml(const std::string& bytes) {
  static const std::vector<std::string> methods = {"multistep", "dopri5", "heun", "unipc", "lms"};
  ConfigNode root;
  accept_or_refuse([&] { root = parse_yaml(bytes, "x.yaml"); });
  accept_or_refuse([&] { (void)RunConfig(root, "x.yaml", methods).resolved(); });
  accept_or_refuse([&] { (void)CompareConfig(root, "x.yaml", methods); });
  accept_or_refuse([&] { (void)read_encode(root, "x.yaml"); });
  accept_or_refuse([&] {
    ConfigNode resolved;
    (void)read_inspect(root, "x.yaml", resolved);
  });
  accept_or_refuse([&] { set_value(root, bytes, "x.yaml"); });
}

void npy(const std::string& bytes) {
  const MemoryFile file(bytes);
  accept_or_refuse([&] {
    const NpyArray array = read_npy(file.path());
    std::size_t count = 1;
    for (const auto n : array.shape) count *= static_cast<std::size_t>(n);
    if (count != array.values.size()) throw std::logic_error("an array is not of its shape");
  });
}

void journal(const std::string& bytes) {
  const MemoryFile file(bytes);
  accept_or_refuse([&] {
    JournalReader reader(file.path());
    while (reader.next());
    if (reader.whole() + reader.rest() != static_cast<std::int64_t>(bytes.size()))
      throw std::logic_error("a journal is not as long as its file");
  });
}

/// Records as two bytes of length and the content.
void records(const std::string& bytes) {
  std::string file = "SHKSTEP1";
  ByteReader in(bytes);
  while (in.left() >= 2) {
    const std::size_t wanted = in.take<std::uint16_t>(), length = std::min(wanted, in.left());
    std::string framed;
    append_bytes(framed, static_cast<std::uint32_t>(length));
    framed += in.take(length);
    const auto sum =
        static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(framed.data()), framed.size()));
    append_bytes(file, static_cast<std::uint32_t>(length));
    append_bytes(file, sum);
    file.append(framed, sizeof(std::uint32_t));
  }
  journal(file);
}

void guard(const std::string& bytes) {
  accept_or_refuse([&] {
    const GuardProfile profile = guard_profile_from_json(bytes, "x.json");
    for (const double lam : {-10., -0.5, 0., 3., 1e300}) (void)profile.allowed(profile.tolerance, lam);
    (void)to_json(profile);
  });
  accept_or_refuse([&] { (void)shipped_profiles_from_json(bytes, "x.json"); });
}

void schedule(const std::string& bytes) {
  accept_or_refuse([&] { (void)to_json(fitted_schedule_from_json(bytes, "x.json")); });
  accept_or_refuse([&] { (void)to_json(fitted_solver_from_json(bytes, "x.json")); });
  accept_or_refuse([&] { (void)solvers_to_json(fitted_solvers_from_json(bytes, "x.json")); });
}

constexpr Reader all[] = {{"yaml", yaml},       {"npy", npy},     {"journal", journal},
                          {"records", records}, {"guard", guard}, {"schedule", schedule}};

}  // namespace

std::span<const Reader> readers() { return all; }

}  // namespace shockstep::fuzz
