// Seeds of tools/fuzz, and what it found that broke a reader once. And each of them cut off and with flipped bits.
#include "fuzz/readers.hpp"
#include "support/test.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;
using namespace shockstep;

namespace {

void check(const fuzz::Reader& reader, const fs::path& path) {
  INFO(path);
  std::ifstream in(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  CHECK_NOTHROW(reader.read(bytes));
  CHECK_NOTHROW(reader.read(bytes.substr(0, bytes.size() / 2)));
  if (bytes.empty()) return;
  std::string flipped = bytes;
  flipped[bytes.size() / 3] = static_cast<char>(flipped[bytes.size() / 3] ^ 0x10);
  CHECK_NOTHROW(reader.read(flipped));
}

}  // namespace

TEST_CASE("readers accept or refuse every file of the corpus") {
  for (const fuzz::Reader& reader : fuzz::readers()) {
    std::vector<fs::path> folders{fs::path("tests/fuzz/corpus") / reader.name};
    if (std::string_view(reader.name) == "yaml") folders.emplace_back("configs");  // as in tools/fuzz
    int files = 0;
    for (const auto& folder : folders)
      for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) check(reader, entry.path()), ++files;
    INFO(reader.name);
    CHECK(files >= 3);
  }
}
