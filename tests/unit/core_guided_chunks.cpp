#include "core/guided_chunks.hpp"

#include "support/test.hpp"

#include <vector>

using shockstep::GuidedChunks;

TEST_CASE("chunks of a range follow each other, shrink, and end where it ends") {
  for (const std::int64_t count : {1, 7, 1000, 123457})
    for (const std::int64_t processes : {1, 2, 100, 10000}) {
      GuidedChunks chunks(count, processes);
      std::int64_t begin = 0, last = 4096;
      for (std::int64_t number = 0; begin < count; ++number) {
        const auto [from, to] = chunks.chunk(number);
        CHECK(from == begin);
        CHECK(to > from);
        CHECK(to - from <= last);
        CHECK((to - from <= 1 || to - from <= (count - from) / (4 * processes)));
        last = to - from, begin = to;
      }
      CHECK(begin == count);
      CHECK(last == 1);
    }
}

TEST_CASE("whoever asks for a chunk gets the same one, and none behind the last") {
  GuidedChunks each(10000, 3), some(10000, 3);
  for (std::int64_t number = 0; number < 200; ++number) {
    const auto expected = each.chunk(number);
    if (number % 7 != 0) continue;
    const auto found = some.chunk(number);
    CHECK(found.begin == expected.begin);
    CHECK(found.end == expected.end);
  }
  const auto behind = each.chunk(1 << 20);
  CHECK(behind.begin == 10000);
  CHECK(behind.end == 10000);
}
