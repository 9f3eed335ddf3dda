// The main of both test programs. No Torch here: it is compiled once for the two.
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include <filesystem>

int main(int argc, char** argv) {
  std::filesystem::current_path(SOURCE_DIR);  // paths in tests are relative to the source folder
  return Catch::Session().run(argc, argv);
}
