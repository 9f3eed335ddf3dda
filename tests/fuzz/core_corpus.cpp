// Seeds of tools/fuzz, and what it found that broke a reader once. And each of them cut off and with flipped bits.
#include "fuzz/readers.hpp"
#include "support/test.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace fs = std::filesystem;
using namespace shockstep;

TEST_CASE("readers accept or refuse every file of the corpus") {
  for (const fuzz::Reader& reader : fuzz::readers()) {
    int files = 0;
    for (const auto& entry : fs::directory_iterator(fs::path("tests/fuzz/corpus") / reader.name)) {
      INFO(entry.path());
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(in), {});
      CHECK_NOTHROW(reader.read(bytes));
      CHECK_NOTHROW(reader.read(bytes.substr(0, bytes.size() / 2)));
      if (!bytes.empty()) {
        std::string flipped = bytes;
        flipped[bytes.size() / 3] = static_cast<char>(flipped[bytes.size() / 3] ^ 0x10);
        CHECK_NOTHROW(reader.read(flipped));
      }
      ++files;
    }
    INFO(reader.name);
    CHECK(files >= 3);
  }
}
