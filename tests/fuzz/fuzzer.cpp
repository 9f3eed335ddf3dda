// libFuzzer's entry: which reader, the environment variable SHOCKSTEP_READER says.
#include "fuzz/readers.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using shockstep::fuzz::Reader;

static Reader chosen() {
  const char* name = std::getenv("SHOCKSTEP_READER");
  for (const Reader& reader : shockstep::fuzz::readers())
    if (name && std::string_view(name) == reader.name) return reader;
  std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Reader reader = chosen();
  reader.read(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
