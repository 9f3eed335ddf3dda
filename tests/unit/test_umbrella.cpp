// What one header gives a program.
#include <shockstep/shockstep.hpp>

#include "support/test.hpp"

#include <sstream>

using namespace shockstep;

TEST_CASE("tensors can be printed with shockstep.hpp alone") {
  const Result nothing{.samples = at::Tensor(), .reports = {}, .statistics = {}};
  std::ostringstream text;
  text << nothing.samples;
  CHECK(text.str() == "[ Tensor (undefined) ]");
}
